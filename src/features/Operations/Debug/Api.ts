import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../../Auth/Api.ts"
import { CacheCounts } from "../../../domain/Status.ts"
import { AdminRequired } from "../../../domain/User.ts"

const Done = Schema.Struct({ status: Schema.Literal("success"), message: Schema.String })

export class DebugApi extends HttpApiGroup.make("debug")
  .annotate(OpenApi.Description, "The server's cache. For the admin.")
  .add(
    HttpApiEndpoint.get("stats", "/cache/stats")
      .annotate(OpenApi.Summary, "Read the cache's counts")
      .addSuccess(CacheCounts)
      .addError(AdminRequired)
  )
  .add(
    /** There is nothing to clean up: no value outlives what it was read from. */
    HttpApiEndpoint.post("cleanup", "/cache/cleanup")
      .annotate(OpenApi.Summary, "Clean the cache up")
      .addSuccess(Done)
      .addError(AdminRequired)
  )
  .add(
    HttpApiEndpoint.post("clear", "/cache/clear")
      .annotate(OpenApi.Summary, "Empty the cache")
      .addSuccess(Done)
      .addError(AdminRequired)
  )
  .middleware(Authenticated)
  .prefix("/debug") {}
