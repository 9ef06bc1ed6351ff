import { OpenApi } from "@effect/platform"
import { Api } from "../features/Api.ts"
import * as Json from "../lib/json.ts"

/** The OpenAPI document as JSON. A bundle holds its value in the place of all that makes it. */
export const json = Json.stringify(OpenApi.fromApi(Api))
