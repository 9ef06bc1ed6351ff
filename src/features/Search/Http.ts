import { HttpApiBuilder } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Api } from "../Api.ts"
import { PageSize } from "../../domain/Message.ts"
import { Search } from "../Search.ts"

const usual = PageSize.make(50)

const asked = ({ before = Number.MAX_SAFE_INTEGER, limit = usual, q }: Asked) => ({ query: q, before, limit })

interface Asked {
  readonly q: string
  readonly before?: number
  readonly limit?: PageSize
}

export const layer = HttpApiBuilder.group(Api, "search", (handlers) =>
  Effect.map(Search, (search) =>
    handlers
      .handle("inRoom", ({ path, urlParams }) => search.inRoom(path.room_id, asked(urlParams)))
      .handle("everywhere", ({ urlParams }) => search.everywhere(asked(urlParams)))
  )
).pipe(Layer.provide(Search.layer))
