import { Cause, Effect, Exit, Fiber, Option, Schema } from "effect"
import { AgentId } from "../../src/domain/Agent.ts"
import { PageSize } from "../../src/domain/Message.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { Messages } from "../../src/features/Messages.ts"
import { Rooms } from "../../src/features/Rooms.ts"
import { Seats } from "../../src/features/Seats.ts"
import { Rounds } from "../../src/features/Rounds.ts"
import type { CurrentUser } from "../../src/domain/User.ts"
import { cast } from "./Cast.ts"
import type { Book } from "./Committed.ts"
import type { Request } from "./Ledger.ts"
import type { Step } from "./Schedule.ts"
import { tagsIn } from "./Vendor.ts"
import type { Engine, World } from "./World.ts"

const idsIn = Schema.decodeUnknownSync(Schema.parseJson(Schema.Array(Schema.Struct({ id: Schema.Int }))))
const idIn = Schema.decodeUnknownSync(Schema.parseJson(Schema.Struct({ id: Schema.Int })))

/** Those who ask the server for something, as its doors do, and check what they are answered. */
export const make = (book: Book, rooms: Array<number>) => {
  const { chronicle, journal, ledger } = book
  const flights = new Map<Request, Fiber.RuntimeFiber<unknown, unknown>>()
  /** The newest message that everybody can know of. */
  let rested = 0

  const said = (request: Request, id: number) => {
    request.messageId = id
    const isGone = ledger.requests.some(
      ({ kind, room }) => room === request.room && (kind === "clear" || kind === "remove")
    )
    if (!journal.messages.has(id) && !isGone) chronicle.breaks(12, `message ${id} was acknowledged and is not durable`)
    for (const other of ledger.requests) {
      if (other === request || other.kind !== "say" || other.room !== request.room || other.messageId === null) continue
      const isSame = other.key !== null && other.key === request.key
      if (isSame && !isGone && other.messageId !== id)
        chronicle.breaks(12, `key ${other.key} of room ${other.room} gave message ${other.messageId}, then ${id}`)
      if (!isSame && other.messageId === id) chronicle.breaks(1, `message ${id} was acknowledged to two`)
      if (!isSame && request.key === null && (other.answered ?? Infinity) < request.sent && other.messageId > id)
        chronicle.breaks(1, `message ${id} came before message ${other.messageId}, which was acknowledged before`)
    }
  }

  const read = (request: Request, page: string) => {
    const ids = new Set(idsIn(page).map(({ id }) => id))
    for (const { id, room_id } of journal.messages.values()) {
      const isKnown = ledger.requests.some((it) => it.messageId === id && (it.answered ?? Infinity) < request.sent)
      if (room_id === request.room && !ids.has(id) && (isKnown || id <= request.agent))
        chronicle.breaks(1, `message ${id} was known, and who read room ${room_id} later was not given it`)
    }
  }

  const cleared = (wiped: ReadonlyArray<string>) => {
    const isThere = new Set([...journal.messages.values()].flatMap(({ content }) => tagsIn(content)))
    for (const tag of wiped) if (!isThere.has(tag)) ledger.forgotten.add(tag)
  }

  const denied = (request: Request, tag: string) => {
    const isThere = journal.room(request.room) !== undefined
    if (tag === "RoomNotFound" && isThere) chronicle.breaks(12, `room ${request.room} is there, and was not found`)
  }

  const ask = <A>(
    world: World,
    request: Request,
    effect: Effect.Effect<A, { readonly _tag: string }, Engine | CurrentUser>,
    done: (value: A) => void = () => {}
  ) => {
    const answered = (exit: Exit.Exit<A, { readonly _tag: string }>) => {
      flights.delete(request)
      if (!world.alive() || request.answered !== null) return
      if (Exit.isSuccess(exit)) {
        ledger.answer(request, "done")
        done(exit.value)
        return chronicle.tell(`  #${request.no} done ${request.messageId ?? ""}`)
      }
      const failure = Cause.failureOption(exit.cause)
      ledger.answer(request, Option.isSome(failure) ? "refused" : "unknown")
      chronicle.tell(`  #${request.no} ${Option.match(failure, { onNone: () => "unknown", onSome: (it) => it._tag })}`)
      if (Option.isSome(failure)) denied(request, failure.value._tag)
      else if (Cause.isDie(exit.cause)) chronicle.breaks(12, `#${request.no} died: ${Cause.pretty(exit.cause)}`)
    }
    const fiber = world.fork(effect)
    flights.set(request, fiber)
    fiber.addObserver(answered)
    return `#${request.no}`
  }

  const say = (world: World, room: number, step: Extract<Step, { readonly do: "say" }>) => {
    const no = ledger.requests.length + 1
    const tag = `«p${no}»`
    const key = step.key === null ? null : `key ${step.key}`
    const request = ledger.send("say", room, { tag, key })
    const [first, ...others] = step.mentions.map((nth) => cast[nth % cast.length]?.name ?? "")
    const content = `${tag} Hello${first === undefined ? "" : ` @${first}`}, what do you think?`
    const mentioned_agent_ids = others.map((name) => AgentId.make(cast.findIndex((it) => it.name === name) + 1))
    const send = Effect.flatMap(Messages, (messages) =>
      messages.send(RoomId.make(room), { content, mentioned_agent_ids }, Option.fromNullable(key))
    )
    return ask(world, request, send, ({ id }) => said(request, id))
  }

  const page = { limit: PageSize.make(1000), after: Option.none(), before: Option.none() }

  /** Sends what the step says; what comes of it is checked when it comes. */
  const act = (world: World, step: Step, room: number): string | null => {
    const id = RoomId.make(room)
    const inRooms = <A, E>(use: (rooms: Rooms["Type"]) => Effect.Effect<A, E, CurrentUser>) =>
      Effect.flatMap(Rooms, use)
    switch (step.do) {
      case "say":
        return say(world, room, step)
      case "pause":
      case "resume": {
        const is_paused = step.do === "pause"
        return ask(
          world,
          ledger.send(step.do, room),
          inRooms((it) => it.update(id, { is_paused }))
        )
      }
      case "limit":
        return ask(
          world,
          ledger.send("limit", room),
          inRooms((it) => it.update(id, { max_interactions: step.limit }))
        )
      case "set":
        return ask(
          world,
          ledger.send("set", room),
          inRooms((it) => it.update(id, step.to))
        )
      case "go on":
        return ask(
          world,
          ledger.send("go on", room),
          Effect.flatMap(Rounds, (it) => it.goOn(id))
        )
      case "remove":
        return ask(
          world,
          ledger.send("remove", room),
          inRooms((it) => it.remove(id)),
          () => {
            const at = rooms.indexOf(room)
            if (at >= 0) rooms.splice(at, 1)
          }
        )
      case "clear": {
        const request = ledger.send("clear", room)
        const before = [...journal.messages.values()].filter((it) => it.room_id === room)
        const wiped = before.flatMap(({ content }) => tagsIn(content))
        return ask(
          world,
          request,
          Effect.flatMap(Messages, (it) => it.clear(id)),
          () => cleared(wiped)
        )
      }
      case "read": {
        const request = ledger.send("read", room, { agent: rested })
        return ask(
          world,
          request,
          Effect.flatMap(Messages, (it) => it.page(id, page)),
          ({ bytes }) => read(request, new TextDecoder().decode(bytes))
        )
      }
      case "create": {
        const request = ledger.send("create", 0)
        return ask(
          world,
          request,
          inRooms((it) => it.create({ name: `room #${request.no}` })),
          (room) => {
            rooms.push(idIn(room).id)
          }
        )
      }
      case "join":
      case "leave": {
        const agent = (step.agent % cast.length) + 1
        const request = ledger.send(step.do, room, { agent })
        const agentId = AgentId.make(agent)
        return step.do === "join"
          ? ask(
              world,
              request,
              Effect.flatMap(Seats, (it) => it.join(id, agentId))
            )
          : ask(
              world,
              request,
              Effect.flatMap(Seats, (it) => it.leave(id, agentId))
            )
      }
      default:
        return null
    }
  }

  return {
    act,
    /** A client goes away before it is answered; what it asked for may be done or not. */
    hangUp: (nth: number) => {
      const [request, fiber] = [...flights][nth % Math.max(1, flights.size)] ?? []
      if (request === undefined || fiber === undefined) return
      ledger.answer(request, "unknown")
      fiber.unsafeInterruptAsFork(fiber.id())
    },
    waiting: () => flights.size,
    rest: () => {
      rested = Math.max(rested, ...journal.messages.keys())
    },
    /** The server is no more: whoever waits will never know. */
    lose: () => {
      for (const request of flights.keys()) ledger.answer(request, "unknown")
      flights.clear()
    }
  }
}

export type Clients = ReturnType<typeof make>

void Fiber
