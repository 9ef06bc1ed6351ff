import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../Api.ts"
import { listed } from "../Readings.ts"
import { Rooms } from "../Rooms.ts"
import { Seats } from "../Seats.ts"
import { json, page } from "../../lib/response.ts"

const everything = 1000

export const layer = HttpApiBuilder.group(Api, "rooms", (handlers) =>
  Effect.gen(function* () {
    const rooms = yield* Rooms
    const seats = yield* Seats
    return handlers
      .handle("list", ({ urlParams }) => Effect.map(rooms.list(listed(urlParams)), page))
      .handle("create", ({ payload }) => Effect.map(rooms.create(payload), json))
      .handle("get", ({ path }) => Effect.map(rooms.get(path.room_id), json))
      .handle("update", ({ path, payload }) => Effect.map(rooms.update(path.room_id, payload), json))
      .handle("pause", ({ path }) => Effect.map(rooms.pause(path.room_id, true), json))
      .handle("resume", ({ path }) => Effect.map(rooms.pause(path.room_id, false), json))
      .handle("markRead", ({ path }) =>
        Effect.map(rooms.markRead(path.room_id), (last_read_at) => ({ message: "Room marked as read", last_read_at }))
      )
      .handle("remove", ({ path }) => Effect.as(rooms.remove(path.room_id), { message: "Room deleted successfully" }))
      .handle("roster", ({ path, urlParams: { limit = everything, ...cursors } }) =>
        seats.roster(path.room_id, { ...cursors, limit })
      )
      .handle("join", ({ path }) =>
        Effect.map(Effect.zipRight(seats.join(path.room_id, path.agent_id), rooms.show(path.room_id)), json)
      )
      .handle("seat", ({ path }) => seats.seat(path.room_id, path.agent_id))
      .handle("choose", ({ path, payload }) => seats.choose(path.room_id, path.agent_id, payload))
      .handle("leave", ({ path }) =>
        Effect.as(seats.leave(path.room_id, path.agent_id), { message: "Agent removed from room successfully" })
      )
  })
)
