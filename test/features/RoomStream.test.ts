import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, FastCheck, Fiber, Layer, Queue, Stream } from "effect"
import { ProviderEvent } from "../../src/domain/Provider.ts"
import * as Client from "../support/Client.ts"
import { is } from "../support/events.ts"
import * as House from "../support/House.ts"
import * as Puppet from "../support/Puppet.ts"
import * as Statements from "../support/Statements.ts"

const stage: { act: Puppet.Act } = { act: Puppet.skip }
const statements = Statements.make()
const house = House.shared({
  agents: { Ada: "Ada builds clocks." },
  providers: [Puppet.make({ act: (call) => stage.act(call) }).provider]
}).pipe(Layer.provide(statements.layer))

let rooms = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const { ask } = client
  const { id } = yield* ask(({ rooms: all }) => all.create({ payload: { name: `room ${++rooms}` } }))
  const path = { room_id: id }
  const say = (content: string) => ask(({ messages }) => messages.send({ path, payload: { content } }))
  const follow = (query = "", headers: Record<string, string> = {}) =>
    client.events(`/rooms/${id}/stream${query}`, headers)
  return { ...client, id, path, say, follow }
})

/** A room with one agent that says what the test gives it, piece by piece, until it is told to stop. */
const speaking = Effect.gen(function* () {
  const room = yield* setup
  const [{ id: agent_id } = { id: 0 }] = yield* room.ask(({ agents }) => agents.list())
  yield* room.ask(({ rooms }) => rooms.join({ path: { ...room.path, agent_id } }))
  const words = yield* Queue.unbounded<ProviderEvent | null>()
  const begun = yield* Deferred.make<void>()
  const spoken = Stream.fromQueue(words).pipe(Stream.takeWhile((word) => word !== null))
  stage.act = (call) => {
    stage.act = Puppet.skip
    const first = Stream.fromEffect(Deferred.succeed(begun, undefined)).pipe(Stream.drain)
    return Stream.concat(Stream.concat(first, spoken), Puppet.done(`session ${call.number}`))
  }
  yield* room.say("Tell me something.")
  yield* Deferred.await(begun)
  return {
    ...room,
    agent_id,
    text: (text: string) => Queue.offer(words, ProviderEvent.TextDelta({ text })),
    think: (text: string) => Queue.offer(words, ProviderEvent.ThinkingDelta({ text })),
    finish: Queue.offer(words, null)
  }
})

const contents = (frames: ReadonlyArray<Client.Frame>) =>
  frames.flatMap(({ data }) => (data?.type === "new_message" ? [data.message.content] : []))

layer(house, { excludeTestServices: true })("Stream", (it) => {
  it.scoped("opens with a comment at once, and its head tells proxies to let it through", () =>
    Effect.gen(function* () {
      const { follow } = yield* setup

      const { headers, next, status } = yield* follow()

      deepStrictEqual(yield* next, { id: null, type: null, data: null })
      deepStrictEqual(
        [status, headers["content-type"], headers["cache-control"], headers["x-accel-buffering"]],
        [200, "text/event-stream", "no-store, no-transform", "no"]
      )
    })
  )

  it.scoped("whenever a reader comes, with a position or without, it sees every later message once and in order", () =>
    Effect.gen(function* () {
      const { follow, say } = yield* setup
      const names = Array.from({ length: 40 }, (_, at) => `m${at}`)
      const early = yield* follow("?after=0")
      const posts = yield* Effect.fork(Effect.forEach(names, say, { concurrency: 4 }))

      const readers = yield* Effect.forEach([0, 5, 10, 15, 20, 25], (skipped) =>
        Effect.gen(function* () {
          const frame = yield* Effect.repeat(early.next, { until: () => early.seen.length > skipped + 2 })
          const position = frame.id ?? 0
          const byQuery = yield* follow(`?after=${position}`)
          const byHeader = yield* follow("", { "last-event-id": `${position}` })
          const fresh = yield* follow()
          return { position, byQuery, byHeader, fresh }
        })
      )
      yield* Fiber.join(posts)
      yield* say("the end")
      const theEnd = (reader: typeof early) =>
        reader.hears("new_message", ({ message }) => message.content === "the end")
      yield* theEnd(early)

      const log = early.seen.flatMap(({ id }) => id ?? [])
      assertEquals(contents(early.seen).length, 41)
      deepStrictEqual(
        log,
        log.toSorted((one, other) => one - other)
      )
      for (const { byHeader, byQuery, fresh, position } of readers) {
        for (const reader of [byQuery, byHeader, fresh]) yield* theEnd(reader)
        const idsOf = ({ seen }: typeof fresh) => seen.flatMap(({ id }) => id ?? [])
        const later = log.filter((id) => id > position)
        deepStrictEqual([idsOf(byQuery), idsOf(byHeader)], [later, later])
        deepStrictEqual(idsOf(fresh), log.slice(-idsOf(fresh).length))
      }
    })
  )

  it.scoped("a position from the future, or one that is none, is answered with reset", () =>
    Effect.gen(function* () {
      const { follow, say } = yield* setup
      yield* say("before")
      const lost = yield* follow("?after=99999999")
      const odd = yield* follow("", { "last-event-id": "last tuesday" })

      const reset = yield* lost.hears("reset")
      yield* odd.hears("reset")
      yield* say("after")
      yield* Effect.all([lost, odd].map((reader) => reader.hears("new_message")))

      assertTrue(reset.after > 0)
      deepStrictEqual([contents(lost.seen), contents(odd.seen)], [["after"], ["after"]])
    })
  )

  it.scoped("a reader that comes while an agent speaks gets what was said so far, then exactly the rest", () =>
    Effect.gen(function* () {
      const piece = FastCheck.string({ minLength: 1, maxLength: 30 }).filter((text) => text.trim() !== "")
      const speeches = FastCheck.array(FastCheck.record({ thought: FastCheck.boolean(), text: piece }), {
        minLength: 4,
        maxLength: 12
      })
      for (const speech of FastCheck.sample(speeches, { numRuns: 5, seed: 3 })) {
        const { finish, follow, text, think } = yield* speaking
        const readers = [yield* follow()]
        for (const piece of [{ thought: false, text: "This is long enough to be shown at once. " }, ...speech]) {
          yield* piece.thought ? think(piece.text) : text(piece.text)
          yield* Effect.repeatN(Effect.yieldNow(), piece.text.length)
          readers.push(yield* follow())
        }
        yield* finish

        for (const reader of readers) {
          const end = yield* reader.hears("stream_end")
          const start = reader.told.find(is("stream_start"))
          let response = start?.response_text ?? ""
          let thinking = start?.thinking_text ?? ""
          for (const event of reader.told) {
            if (event.type === "content_delta") {
              assertEquals(event.offset, response.length)
              response += event.delta
            }
            if (event.type === "thinking_delta") {
              assertEquals(event.offset, thinking.length)
              thinking += event.delta
            }
          }
          deepStrictEqual([response, thinking], [end.response_text, end.thinking_text ?? ""])
          const kinds = reader.seen.map(({ type }) => type).filter((type) => type !== null && !type.endsWith("_delta"))
          deepStrictEqual(kinds.slice(-3), ["stream_start", "new_message", "stream_end"])
        }
      }
    })
  )

  it.scoped("who is chatting, and what they have said, is answered without the database", () =>
    Effect.gen(function* () {
      const { agent_id, ask, finish, follow, path, text, think } = yield* speaking
      const chatting = ask(({ messages }) => messages.chatting({ path }))
      const reader = yield* follow()
      const said = "This is long enough to be shown at once."
      yield* think("Hm.")
      yield* text(said)
      yield* reader.until(
        ({ data }) =>
          (data?.type === "content_delta" && data.delta === said) ||
          (data?.type === "stream_start" && data.response_text === said)
      )
      yield* chatting

      const { result, statements: run } = yield* statements.during(chatting)
      yield* finish
      yield* reader.hears("stream_end")
      const after = yield* chatting

      deepStrictEqual(result.chatting_agents, [
        {
          id: agent_id,
          name: "Ada",
          display_name: null,
          profile_pic: null,
          partial_thinking: "Hm.",
          partial_content: said,
          thinking_text: "Hm.",
          response_text: said
        }
      ])
      deepStrictEqual(run, [])
      deepStrictEqual(after, { chatting_agents: [] })
    })
  )

  it.scoped("a reader that leaves does not stop the round", () =>
    Effect.gen(function* () {
      const { ask, finish, follow, path, text } = yield* speaking
      yield* Effect.scoped(Effect.flatMap(follow(), ({ next }) => next))
      const stays = yield* follow()

      yield* text("I go on, whoever listens, until I am done.")
      yield* finish
      const end = yield* stays.hears("round_ended")

      assertEquals(end.stop_reason, "complete")
      const [, reply] = yield* ask(({ messages }) => messages.list({ path }))
      deepStrictEqual([reply?.content, reply?.partial], ["I go on, whoever listens, until I am done.", false])
    })
  )

  it.scoped("the deletion of the room ends the stream and says why, and the room cannot be followed again", () =>
    Effect.gen(function* () {
      const { ask, follow, id, path } = yield* setup
      const reader = yield* follow()
      yield* reader.next

      yield* ask(({ rooms }) => rooms.remove({ path }))
      yield* reader.over

      deepStrictEqual(reader.seen.at(-1)?.data, { room_id: id, type: "room_deleted" })
      assertEquals((yield* follow()).status, 404)
    })
  )
})
