import { HttpApi, type HttpServerRequest } from "@effect/platform"
import { Context, Option } from "effect"
import { Api } from "../features/Api.ts"
import { BodyBound } from "../domain/Body.ts"

interface Route {
  readonly method: string
  /** As the contract writes it: `/rooms/{room_id}`. */
  readonly path: string
  readonly takesBody: boolean
  readonly bound: BodyBound["Type"]
}

export type Request = Pick<HttpServerRequest.HttpServerRequest, "method" | "url">

const partsOf = (path: string) => path.replace(/(?<=.)\/$/, "").split("/")

/** By how many parts their paths have. */
const routes = new Map<number, Array<Route & { readonly parts: ReadonlyArray<string> }>>()
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => {
    const parts = partsOf(endpoint.path)
    const alike = routes.get(parts.length) ?? []
    alike.push({
      method: endpoint.method,
      path: parts.map((part) => part.replace(/^:(\w+)$/, "{$1}")).join("/"),
      takesBody: Option.isSome(endpoint.payloadSchema),
      bound: Context.get(endpoint.annotations, BodyBound),
      parts
    })
    routes.set(parts.length, alike)
  }
})

const isParameter = (part: string) => part.startsWith(":")

/** A path that is a route's own is no other's with a parameter: `/agents/configs` is no agent. */
const withPath = ({ url }: Request) => {
  const said = partsOf(url.split("?", 1)[0] ?? "/")
  const isFit = (part: string, at: number) => part === said[at] || (isParameter(part) && said[at] !== "")
  const fitting = (routes.get(said.length) ?? []).filter(({ parts }) => parts.every(isFit))
  const own = fitting.filter(({ parts }) => !parts.some(isParameter))
  return own.length > 0 ? own : fitting
}

/** The route of the contract that answers the request. */
export const routeOf = (request: Request): Route | undefined =>
  withPath(request).find(({ method }) => method === request.method)

/** The methods that the request's path can be called with. */
export const methodsOf = (request: Request): ReadonlyArray<string> => withPath(request).map(({ method }) => method)
