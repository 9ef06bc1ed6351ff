import { HttpApi, type HttpServerRequest } from "@effect/platform"
import { Context, Option } from "effect"
import { Api } from "../Api.ts"
import { BodyBound } from "../domain/Body.ts"

interface Route {
  readonly method: string
  /** As the contract writes it: `/rooms/{room_id}`. */
  readonly path: string
  readonly takesBody: boolean
  readonly bound: BodyBound["Type"]
}

type Request = Pick<HttpServerRequest.HttpServerRequest, "method" | "url">

const routes: Array<Route & { readonly pattern: RegExp }> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => {
    const parts = endpoint.path.replace(/(?<=.)\/$/, "").split("/")
    routes.push({
      method: endpoint.method,
      path: parts.map((part) => part.replace(/^:(\w+)$/, "{$1}")).join("/"),
      takesBody: Option.isSome(endpoint.payloadSchema),
      bound: Context.get(endpoint.annotations, BodyBound),
      pattern: new RegExp(`^${parts.map((part) => (part.startsWith(":") ? "[^/]+" : part)).join("/")}/?$`)
    })
  }
})

const withPath = ({ url }: Request) => {
  const [path = "/"] = url.split("?", 1)
  return routes.filter(({ pattern }) => pattern.test(path))
}

/** The route of the contract that answers the request. */
export const routeOf = (request: Request): Route | undefined =>
  withPath(request).find(({ method }) => method === request.method)

/** The methods that the request's path can be called with. */
export const methodsOf = (request: Request): ReadonlyArray<string> => withPath(request).map(({ method }) => method)
