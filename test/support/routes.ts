import { HttpApi, type HttpMethod } from "@effect/platform"
import { Api } from "../../src/features/Api.ts"

export interface Route {
  readonly name: string
  readonly method: HttpMethod.HttpMethod
  readonly path: string
}

/** Every route of the contract; a path never ends with a slash. */
export const routes: Array<Route> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint: { method, path } }) => {
    const clean = path.replace(/(?<=.)\/$/, "")
    routes.push({ name: `${method} ${clean}`, method, path: clean })
  }
})
