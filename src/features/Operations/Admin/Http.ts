import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../../Api.ts"
import { asAdmin } from "../../Auth.ts"
import { Scheduler } from "../../../engine/Scheduler.ts"
import { Status } from "../Status.ts"
import * as Pool from "../Pool.ts"
import * as Reload from "../Reload.ts"

export const layer = HttpApiBuilder.group(Api, "admin", (handlers) =>
  Effect.map(
    Effect.all({ pool: Pool.make, reload: Reload.make, scheduler: Scheduler, status: Status }),
    ({ pool, reload, scheduler, status }) =>
      handlers
        .handle("status", () => Effect.zipRight(asAdmin, status.read))
        .handle("scheduler", () => Effect.zipRight(asAdmin, scheduler.state))
        .handle("pool", () => Effect.zipRight(asAdmin, pool.state))
        .handle("evict", ({ payload }) => Effect.zipRight(asAdmin, pool.evict(payload)))
        .handle("reload", () => Effect.zipRight(asAdmin, reload))
  )
)
