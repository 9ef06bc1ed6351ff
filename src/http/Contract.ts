import type { HttpApiEndpoint } from "@effect/platform"
import { Context, Option, Schema } from "effect"
import { BodyBound } from "../domain/Body.ts"
import { Authenticated } from "../features/Auth/Api.ts"
import type { Limit, RateLimits } from "../features/RateLimits.ts"
import { ChattingLimit, PollLimit, SendLimit } from "../features/RateLimits/Api.ts"

type Described = Pick<HttpApiEndpoint.HttpApiEndpoint.AnyWithProps, "annotations" | "method" | "middlewares" | "path">

export interface Group {
  readonly middlewares: ReadonlySet<unknown>
  readonly endpoints: Readonly<Record<string, Described>>
}

interface Guarded {
  readonly path: string
  readonly middlewares: ReadonlySet<unknown>
}

/** What the contract says of one of its routes, for who answers it past the library. */
export const endpointOf = (group: Group, method: "GET" | "POST", name: string) => {
  const endpoint = group.endpoints[name]
  if (endpoint?.method !== method) throw new Error(`'${name}' is no route for ${method}`)
  const middlewares = new Set([...group.middlewares, ...endpoint.middlewares])
  return { path: endpoint.path, middlewares, bound: Context.get(endpoint.annotations, BodyBound) }
}

/** As the contract's document writes it: `/rooms/{room_id}`. */
export const templateOf = (path: string) => path.replace(/:(\w+)/g, "{$1}")

/** Reads what a path names where that is nothing but numbers; none for every other path. */
export const pathReader = <Path>(path: string, schema: Option.Option<Schema.Schema<Path, unknown>>) => {
  const pattern = new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>\\d+)")}$`)
  const decode = Schema.decodeUnknownOption(Option.getOrThrow(schema))
  return (asked: string) => Option.flatMap(Option.fromNullable(pattern.exec(asked)?.groups), decode)
}

/** The limits that stand before a route's answer; a route that asks for more than a login and these is refused. */
export const boundsOf = ({ middlewares, path }: Guarded, limits: RateLimits["Type"]): ReadonlyArray<Limit> => {
  const limitOf = new Map<unknown, Limit>([
    [PollLimit, limits.poll],
    [ChattingLimit, limits.chatting],
    [SendLimit, limits.send]
  ])
  const own = [...middlewares].filter((it) => it !== Authenticated)
  const bounds = own.flatMap((middleware) => limitOf.get(middleware) ?? [])
  const isOpen = middlewares.size === 0
  if (!(isOpen || middlewares.has(Authenticated)) || bounds.length < own.length)
    throw new Error(`${path} asks for more than this`)
  return bounds
}
