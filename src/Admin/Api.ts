import { HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Authenticated } from "../Auth/Api.ts"
import { Eviction, PoolState } from "../domain/Pool.ts"
import { SchedulerState } from "../domain/Scheduled.ts"
import { ServerStatus } from "../domain/Status.ts"
import { AdminRequired } from "../domain/User.ts"

export class AdminApi extends HttpApiGroup.make("admin")
  .add(HttpApiEndpoint.get("status", "/status").addSuccess(ServerStatus).addError(AdminRequired))
  .add(HttpApiEndpoint.get("scheduler", "/scheduler").addSuccess(SchedulerState).addError(AdminRequired))
  .add(HttpApiEndpoint.get("pool", "/pool").addSuccess(PoolState).addError(AdminRequired))
  .add(
    /**
     * Closes the idle sessions of the seats that fit; one in use is closed when its turn has ended. Answers what is left.
     */
    HttpApiEndpoint.post("evict", "/pool/evict").setPayload(Eviction).addSuccess(PoolState).addError(AdminRequired)
  )
  .middleware(Authenticated)
  .prefix("/admin") {}
