import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../Api.ts"
import { Rounds } from "../Rounds.ts"

const usual = 50
const everything = 1000

export const layer = HttpApiBuilder.group(Api, "rounds", (handlers) =>
  Effect.map(Rounds, (rounds) =>
    handlers
      .handle("list", ({ path, urlParams: { limit = usual, ...cursors } }) =>
        rounds.list(path.room_id, { ...cursors, limit })
      )
      .handle("get", ({ path }) => rounds.get(path.room_id, path.round_id))
      .handle("usage", ({ path }) => rounds.usage(path.room_id))
      .handle("critiques", ({ path, urlParams: { after, before, limit = everything } }) =>
        rounds.critiques(path.room_id, { after, before, limit })
      )
      .handle("goOn", ({ path }) => rounds.goOn(path.room_id))
  )
)
