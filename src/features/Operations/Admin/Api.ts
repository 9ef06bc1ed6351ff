import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Authenticated } from "../../Auth/Api.ts"
import { FieldsRefused, WriteRefused } from "../../../domain/Error.ts"
import { Eviction, PoolState } from "../../../domain/Pool.ts"
import { SchedulerState } from "../../../domain/Scheduled.ts"
import { Reloaded, ReloadRefused, ServerStatus } from "../../../domain/Status.ts"
import { AdminRequired } from "../../../domain/User.ts"

export class AdminApi extends HttpApiGroup.make("admin")
  .annotate(OpenApi.Description, "The server's own state. For the admin.")
  .add(
    HttpApiEndpoint.get("status", "/status")
      .annotate(OpenApi.Summary, "Read the server's state")
      .addSuccess(ServerStatus)
      .addError(AdminRequired)
  )
  .add(
    HttpApiEndpoint.get("scheduler", "/scheduler")
      .annotate(OpenApi.Summary, "List the rooms that talk by themselves")
      .addSuccess(SchedulerState)
      .addError(AdminRequired)
  )
  .add(
    HttpApiEndpoint.get("pool", "/pool")
      .annotate(OpenApi.Summary, "List the model sessions")
      .addSuccess(PoolState)
      .addError(AdminRequired)
  )
  .add(
    /**
     * Closes the idle sessions of the seats that fit; one in use is closed when its turn has ended. Answers what is
     * left.
     */
    HttpApiEndpoint.post("evict", "/pool/evict")
      .annotate(OpenApi.Summary, "Close idle model sessions")
      .setPayload(Eviction)
      .addSuccess(PoolState)
      .addError(FieldsRefused)
      .addError(AdminRequired)
  )
  .add(
    /**
     * Reads the settings and the agents' files again. What can change while the server runs is in force from now on,
     * what is not `applied` from the next start. Logins under a password that was changed end, and those of guests when
     * there may be none. A setting that cannot be used leaves all of them as they were.
     */
    HttpApiEndpoint.post("reload", "/reload")
      .annotate(OpenApi.Summary, "Read settings and agents again")
      .addSuccess(Reloaded)
      .addError(ReloadRefused)
      .addError(AdminRequired)
      .addError(WriteRefused)
  )
  .middleware(Authenticated)
  .prefix("/admin") {}
