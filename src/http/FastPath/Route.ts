import { Option, Schema } from "effect"
import type { User } from "../../domain/User.ts"
import type { Tagged } from "../../lib/tagged.ts"
import { endpointOf, type Group, pathReader, templateOf } from "../Contract.ts"

type LookUp = (user: User | undefined) => Tagged | undefined

/** A GET route whose path and query hold nothing but numbers. */
export interface Route {
  /** As the contract writes it: `/rooms/{room_id}`. */
  readonly path: string
  readonly middlewares: ReadonlySet<unknown>
  /** Nothing when the URL is another route's, or not as plain as almost all are. */
  readonly match: (url: string) => LookUp | undefined
}

interface Described<Path, Query> {
  readonly name: string
  readonly pathSchema: Option.Option<Schema.Schema<Path, unknown>>
  readonly urlParamsSchema: Option.Option<Schema.Schema<Query, unknown>>
}

const plain = /^\w+=\d+(&\w+=\d+)*$/

/** Nothing when a field occurs twice, or is no number. */
const fieldsOf = (query: string): Readonly<Record<string, string>> | undefined => {
  if (query === "") return {}
  if (!plain.test(query)) return undefined
  const pairs = query.split("&").map((pair) => pair.split("="))
  return new Set(pairs.map(([name]) => name)).size === pairs.length ? Object.fromEntries(pairs) : undefined
}

type Decode<A> = (fields: unknown) => Option.Option<A | undefined>

const queryOf = <Query>(schema: Option.Option<Schema.Schema<Query, unknown>>): Decode<Query> =>
  Option.match(schema, {
    onNone: () => () => Option.some(undefined),
    onSome: (found) => Schema.decodeUnknownOption(found)
  })

/** Of one that names nothing in its path; it may end with a slash or without. */
export const plainRoute = <Query>(
  group: Group,
  { name, urlParamsSchema }: Pick<Described<never, Query>, "name" | "urlParamsSchema">,
  lookUp: (user: User, query: Query | undefined) => Tagged | undefined
): Route => {
  const { middlewares, path } = endpointOf(group, "GET", name)
  const bare = path.replace(/\/$/, "")
  const decode = queryOf(urlParamsSchema)
  return {
    path,
    middlewares,
    match: (url) => {
      const [asked = "", query = ""] = url.split("?", 2)
      const fields = asked === bare || asked === `${bare}/` ? fieldsOf(query) : undefined
      const found = fields === undefined ? Option.none() : decode(fields)
      return Option.isSome(found) ? (user) => user && lookUp(user, found.value) : undefined
    }
  }
}

/** Path, schemas and middlewares are the contract's. */
export const route = <Path, Query>(
  group: Group,
  { name, pathSchema, urlParamsSchema }: Described<Path, Query>,
  lookUp: (user: User, path: Path, query: Query | undefined) => Tagged | undefined
): Route => {
  const { middlewares, path: described } = endpointOf(group, "GET", name)
  const read = pathReader(described, pathSchema)
  const decodeQuery = queryOf(urlParamsSchema)
  return {
    path: templateOf(described),
    middlewares,
    match: (url) => {
      const [path = "", query = ""] = url.split("?", 2)
      const found = read(path)
      const fields = Option.isSome(found) ? fieldsOf(query) : undefined
      if (fields === undefined) return undefined
      const asked = Option.all([found, decodeQuery(fields)])
      return Option.isSome(asked) ? (user) => user && lookUp(user, ...asked.value) : undefined
    }
  }
}

/** A route that everybody may read, and that says the same to all. */
export const open = (group: Group, name: string, answer: Tagged): Route => {
  const { middlewares, path } = endpointOf(group, "GET", name)
  return { path, middlewares, match: (url) => (url === path ? () => answer : undefined) }
}

const mostKnown = 10_000

/** Finds the route of a URL; who polls asks for the same again. */
export const finder = (routes: ReadonlyArray<Route>) => {
  const known = new Map<string, { readonly route: Route; readonly lookUp: LookUp } | undefined>()
  const find = (url: string) => {
    for (const route of routes) {
      const lookUp = route.match(url)
      if (lookUp !== undefined) return { route, lookUp }
    }
    return undefined
  }
  return (url: string) => {
    if (known.has(url)) return known.get(url)
    const found = find(url)
    if (known.size >= mostKnown) known.clear()
    known.set(url, found)
    return found
  }
}
