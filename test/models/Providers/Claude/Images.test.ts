import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema, Stream } from "effect"
import type { Session, TurnInput } from "../../../../src/domain/Provider.ts"
import { ContextExceeded, SessionLost } from "../../../../src/domain/ProviderError.ts"
import * as Folders from "../../../../src/models/Providers/Claude/Folders.ts"
import { input, makeHouse, play, spec, whyNot } from "../../../support/ClaudeHouse.ts"
import { bytesOf, images, pixel } from "../../../support/images.ts"
import * as Api from "../../../support/MessagesApi.ts"
import { turnOf } from "../../../support/turns.ts"

const Block = Schema.Struct({
  type: Schema.String,
  text: Schema.optionalWith(Schema.String, { exact: true }),
  source: Schema.optionalWith(Schema.Unknown, { exact: true })
})
const Sent = Schema.parseJson(
  Schema.Struct({
    messages: Schema.Array(Schema.Struct({ content: Schema.Union(Schema.String, Schema.Array(Block)) }))
  })
)

const contentOf = ({ body }: Api.Call) =>
  Effect.map(Schema.decode(Sent)(body), ({ messages }) => messages.at(-1)?.content)

const show = (session: Session, text: string, images: TurnInput["images"]) =>
  Stream.runDrain(turnOf(session, { ...input(text), images }))

const png = { media_type: "image/png", bytes: bytesOf(pixel), label: "#k3f9 Picture 1:" } as const
const gif = { media_type: "image/gif", bytes: bytesOf(images["image/gif"]), label: "#k3f9 Picture 2:" } as const

describe.skipIf(whyNot() !== "")(`Images, with the real Claude client ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("reach the model as they are, each after its label, with words that stay as they were written", () =>
      Effect.gen(function* () {
        const { api, dataDir, provider } = yield* makeHouse()
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const file = path.join(dataDir, "private.txt")
        yield* fs.writeFileString(file, "unguessable-content")
        const session = yield* provider.open(spec())
        const texts = ["/clear", `Look at @${file}`]

        yield* Effect.forEach(texts, (text) => show(session, text, [png, gif]))

        const contents = yield* Effect.forEach(api.calls, contentOf)
        deepStrictEqual(
          contents,
          texts.map((text) => [
            { type: "text", text },
            { type: "text", text: "#k3f9 Picture 1:" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
            { type: "text", text: "#k3f9 Picture 2:" },
            { type: "image", source: { type: "base64", media_type: "image/gif", data: images["image/gif"] } }
          ])
        )
        assertTrue(
          api.calls.every(({ body }) => !body.includes("unguessable-content") && !body.includes(`${dataDir}/claude`))
        )
      })
    )

    it.scoped("are copied to no file, also where an older version has let the client do it", () =>
      Effect.gen(function* () {
        const { api, dataDir, provider } = yield* makeHouse()
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const own = path.join(dataDir, "claude", "temp", `claude-${process.getuid?.() ?? 0}`)
        const [bar = ""] = yield* fs.readDirectory(own)
        yield* fs.remove(path.join(own, bar))
        yield* fs.makeDirectory(path.join(own, bar))
        yield* Folders.make(dataDir)

        yield* Effect.scoped(Effect.flatMap(provider.open(spec()), (session) => show(session, "Look", [png, gif])))

        const files = yield* fs.readDirectory(dataDir, { recursive: true })
        deepStrictEqual(
          files.filter((name) => /\.(png|gif)$/.test(name)),
          []
        )
        assertEquals(api.calls.length, 1)
      })
    )

    it.scoped(
      "that have made a session larger than a request may be make it SessionLost; alone they are ContextExceeded",
      () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse()
          const session = yield* provider.open(spec())
          yield* play(session, "Hi")
          yield* api.reply(Api.refuse(413), Api.refuse(413))

          const full = yield* Effect.flip(show(session, "Look", [png]))
          const fresh = yield* Effect.flip(Effect.flatMap(provider.open(spec()), (other) => show(other, "Look", [png])))

          assertInstanceOf(full, SessionLost)
          assertInstanceOf(fresh, ContextExceeded)
        })
    )
  })
})
