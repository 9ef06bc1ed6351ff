import { HttpApi } from "@effect/platform"
import { Api } from "../features/Api.ts"

/** Group, name, method and path of every route. A bundle holds their value in the place of the contract. */
export const routes: Array<readonly [group: string, name: string, method: string, path: string]> = []

HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint, group }) =>
    void routes.push([group.identifier, endpoint.name, endpoint.method, endpoint.path.replace(/(?<=.)\/$/, "")])
})
