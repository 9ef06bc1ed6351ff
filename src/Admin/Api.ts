import { HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Authenticated } from "../Auth/Api.ts"
import { SchedulerState } from "../domain/Scheduled.ts"
import { AdminRequired } from "../domain/User.ts"

export class AdminApi extends HttpApiGroup.make("admin")
  .add(HttpApiEndpoint.get("scheduler", "/scheduler").addSuccess(SchedulerState).addError(AdminRequired))
  .middleware(Authenticated)
  .prefix("/admin") {}
