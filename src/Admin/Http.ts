import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../Api.ts"
import { asAdmin } from "../Auth.ts"
import { Scheduler } from "../Scheduler.ts"

export const layer = HttpApiBuilder.group(Api, "admin", (handlers) =>
  Effect.map(Scheduler, (scheduler) => handlers.handle("scheduler", () => Effect.zipRight(asAdmin, scheduler.state)))
)
