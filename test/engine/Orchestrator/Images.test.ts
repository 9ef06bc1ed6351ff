import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, FiberId, Stream } from "effect"
import { ContextExceeded, ImagesRefused, InvalidRequest, ServerFailed } from "../../../src/domain/ProviderError.ts"
import { inHouse, setup } from "../../support/Duo.ts"
import { bytesOf, images, pixel } from "../../support/images.ts"
import * as Puppet from "../../support/Puppet.ts"

const png = { data: pixel, media_type: "image/png" }
const gif = { data: images["image/gif"], media_type: "image/gif" }

const room = Effect.map(setup, (duo) => {
  const send = (content: string, ...images: ReadonlyArray<typeof png | typeof gif>) =>
    duo.ask(({ messages }) => messages.send({ path: duo.inRoom, payload: { content, images } }))
  const show = (...sent: Parameters<typeof send>) => Effect.zipRight(send(...sent), duo.watch.ended)
  return { ...duo, send, show }
})

const replies: Puppet.Act = (call) =>
  Stream.concat(Puppet.say("I see it, and it is lovely."), Puppet.done(`s${call.number}`))

/** What a turn was told of pictures. */
const told = ({ text }: Puppet.Call) =>
  text.split("\n").flatMap((line) => /^#\w+ (.*picture.*|Picture.*)$/.exec(line)?.[1] ?? [])
const shown = ({ input }: Puppet.Call) => input.images.map(({ label }) => label.replace(/^#\w+ /, ""))
const turnsOf = (calls: ReadonlyArray<Puppet.Call>, name: string) => calls.filter(({ spec }) => spec.agentName === name)

describe("Images in turns", () => {
  it.scopedLive("each agent is shown a picture once, under the mark that its turn's own lines have", () => {
    const puppet = Puppet.make({ act: (call) => (call.number > 4 ? Puppet.skip(call) : replies(call)) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { show } = yield* room
        yield* show("Look, @Ada and @Bo", png, gif)

        for (const name of ["Ada", "Bo"]) {
          const [first, ...later] = turnsOf(puppet.calls, name)
          const mark = /begin with (\S+) come/.exec(first?.text ?? "")?.[1]
          deepStrictEqual(
            first?.input.images.map(({ bytes, label, media_type }) => [label, media_type, new Uint8Array(bytes)]),
            [
              [`${mark} Picture 1:`, "image/png", bytesOf(pixel)],
              [`${mark} Picture 2:`, "image/gif", bytesOf(images["image/gif"])]
            ]
          )
          deepStrictEqual(first && told(first), ["Picture 1 was shown here.", "Picture 2 was shown here."])
          deepStrictEqual(later.flatMap(shown), [])
        }
      })
    )
  })

  it.scopedLive("of many pictures the newest five are shown, and that there were others is said", () => {
    const asked = Deferred.unsafeMake<void>(FiberId.none)
    const act: Puppet.Act = (call) =>
      Stream.drain(Stream.fromEffect(Deferred.succeed(asked, undefined))).pipe(Stream.concat(Puppet.skip(call)))
    const puppet = Puppet.make({ act })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { pause, resume, send, show } = yield* room
        yield* pause
        yield* show("One", png, png)
        yield* show("", png, gif)
        yield* resume
        yield* send("Look", png, png, gif)
        yield* Deferred.await(asked)

        const [first] = puppet.calls
        deepStrictEqual(first && shown(first), ["Picture 1:", "Picture 2:", "Picture 3:", "Picture 4:", "Picture 5:"])
        deepStrictEqual(
          first?.input.images.map(({ media_type }) => media_type.slice(6)),
          ["png", "gif", "png", "png", "gif"]
        )
        deepStrictEqual(first && told(first).slice(0, 2), [
          "2 pictures were shown here that you cannot see.",
          "Picture 1 was shown here."
        ])
      })
    )
  })

  it.scopedLive("a provider that takes no images is told that there were some, and gets none", () => {
    const puppet = Puppet.make({ act: Puppet.skip })
    const provider = { ...puppet.provider, takesImages: false }
    return inHouse(
      { ...puppet, provider },
      Effect.gen(function* () {
        const { show } = yield* room
        yield* show("Look", png)

        assertTrue(puppet.calls.length > 0)
        for (const call of puppet.calls) {
          deepStrictEqual([shown(call), told(call)], [[], ["1 picture was shown here that you cannot see."]])
        }
      })
    )
  })

  it.scopedLive("an agent whose provider will not take a picture answers without it", () => {
    const puppet = Puppet.make({
      act: (call) => {
        if (call.input.images.length > 0) return Stream.fail(new InvalidRequest({ reason: "could not process image" }))
        return turnsOf(puppet.calls, call.spec.agentName).length > 2 ? Puppet.skip(call) : replies(call)
      }
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { said, show, turns } = yield* room
        yield* show("Look, @Ada and @Bo", png)

        deepStrictEqual((yield* turns).slice(0, 2), [
          ["Ada", "replied"],
          ["Bo", "replied"]
        ])
        assertEquals((yield* said)[1]?.[1], "I see it, and it is lovely.")
        deepStrictEqual(
          turnsOf(puppet.calls, "Ada")
            .slice(0, 2)
            .map((call) => [shown(call), call.spec.resume]),
          [
            [["Picture 1:"], null],
            [[], null]
          ]
        )
      })
    )
  })

  it.scopedLive("a model that takes no images is shown one once, and none in later turns", () => {
    const puppet = Puppet.make({
      act: (call) =>
        call.input.images.length > 0 ? Stream.fail(new ImagesRefused({ reason: "blind" })) : replies(call)
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { change, show } = yield* room
        yield* change({ max_messages: 2 })
        yield* show("Look", png)
        yield* show("And now?", png)

        deepStrictEqual(
          puppet.calls.map(shown).filter((pictures) => pictures.length > 0),
          [["Picture 1:"]]
        )
        assertTrue(puppet.calls.length > 3)
      })
    )
  })

  it.scopedLive(
    "a model whose server fails at pictures without a word is shown one in one turn, and none later",
    () => {
      const broken = Stream.fail(new ServerFailed({ retryAfterMs: 1 }))
      const puppet = Puppet.make({ act: (call) => (call.input.images.length > 0 ? broken : replies(call)) })
      return inHouse(
        puppet,
        Effect.gen(function* () {
          const { show } = yield* room
          yield* show("Look, @Ada", png)
          const tries = puppet.calls.filter((call) => shown(call).length > 0)
          deepStrictEqual([tries.length, new Set(tries.map(({ spec }) => spec.agentName)).size], [5, 1])
          yield* show("And at this, @Ada", png)
          assertEquals(puppet.calls.filter((call) => shown(call).length > 0).length, 5)
        })
      )
    }
  )

  it.scopedLive("a conversation that is too long by its pictures is told without them", () => {
    const puppet = Puppet.make({
      act: (call) =>
        call.input.images.length > 0 ? Stream.fail(new ContextExceeded({ reason: "too large" })) : replies(call)
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { change, show, turns } = yield* room
        yield* change({ max_messages: 2 })
        yield* show("Look", png)

        deepStrictEqual(
          (yield* turns).map(([, outcome]) => outcome),
          ["replied", "replied"]
        )
      })
    )
  })

  it.scopedLive("what a picture costs is set aside before the turn, so that it cannot break the room's budget", () => {
    const puppet = Puppet.make({ act: Puppet.skip })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { change, show } = yield* room
        yield* change({ budget_tokens: 6000 })

        const bare = yield* show("Hello")
        const calls = puppet.calls.length
        const pictured = yield* show("Look", png)

        assertTrue(calls > 0)
        deepStrictEqual([bare.stop_reason, pictured.stop_reason], ["everyone_skipped", "budget"])
        assertEquals(puppet.calls.length, calls)
      })
    )
  })

  it.scopedLive("a request that is refused for another reason is not made again", () => {
    const puppet = Puppet.make({ act: () => Stream.fail(new InvalidRequest({ reason: "no" })) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { show } = yield* room
        yield* show("Hello")

        assertEquals(puppet.calls.length, 2)
      })
    )
  })
})
