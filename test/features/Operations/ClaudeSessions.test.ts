import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Json from "../../../src/lib/json.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"

const thought = { type: "thinking", thinking: "Hm.", signature: "signed" }
const words = { type: "text", text: "Hello." }
const picture = { type: "image", source: { data: "AAAA" } }
const entry = {
  type: "assistant",
  parentUuid: null,
  uuid: "u",
  sessionId: "s",
  requestId: "r",
  isSidechain: false,
  toolUseResult: "x",
  message: { role: "assistant", content: [thought, words, picture, { type: "tool_result", content: [picture, words] }] }
}
const text = `${Json.stringify(entry)}\nnot json\n`

/** A house whose Claude client has kept two sessions, the older in `work`, among things that are none. */
const inHouse = <A, E, R>(test: (projects: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folders = yield* House.folders({ Ada: "Ada builds clocks." })
    const projects = `${folders.DATA_DIR}/claude/config/projects`
    const write = (path: string, seconds: number) =>
      Effect.zipRight(
        fs.writeFileString(`${projects}/${path}`, text),
        fs.utimes(`${projects}/${path}`, seconds, seconds)
      )
    yield* fs.makeDirectory(`${projects}/work`, { recursive: true })
    yield* fs.makeDirectory(`${projects}/other`)
    yield* write("work/one.jsonl", 1_700_000_000)
    yield* write("other/two.jsonl", 1_700_000_100)
    yield* write("work/agent-three.jsonl", 1_700_000_200)
    yield* write("work/notes.txt", 1_700_000_200)
    yield* fs.writeFileString(`${folders.DATA_DIR}/secret.jsonl`, "secret")
    yield* fs.symlink(`${folders.DATA_DIR}/secret.jsonl`, `${projects}/work/link.jsonl`)
    yield* fs.symlink(folders.DATA_DIR, `${projects}/linked`)
    const provider = Puppet.make({ act: Puppet.skip }).provider
    return yield* Effect.provide(test(projects), House.layer({ settings: folders, providers: [provider] }))
  }).pipe(Effect.provide(NodeContext.layer))

/** Fetches a file in plain HTTP, for its headers count, and so does each letter of its address. */
const get = Effect.map(
  Client.make,
  ({ send }) =>
    (path: string) =>
      Effect.scoped(
        Effect.flatMap(send("GET", path), (response) =>
          Effect.map(response.text, (body) => ({ status: response.status, headers: response.headers, body }))
        )
      )
)

type Place = Partial<Record<"before" | "after", string> & Record<"limit", number>>

describe("Transcripts", () => {
  it.scopedLive("are listed newest first, page by page, and a link is none of them", () =>
    inHouse(() =>
      Effect.gen(function* () {
        const { ask } = yield* Client.make
        const list = (urlParams: Place) =>
          Effect.map(
            ask(({ transcripts }) => transcripts.list({ urlParams })),
            ({ conversations }) => conversations.map(({ id }) => id)
          )

        const { conversations } = yield* ask(({ transcripts }) => transcripts.list())

        deepStrictEqual(conversations, [
          {
            id: "two",
            filename: "two.jsonl",
            project: "other",
            modified: "2023-11-14T22:15:00.000Z",
            size: text.length
          },
          { id: "one", filename: "one.jsonl", project: "work", modified: "2023-11-14T22:13:20.000Z", size: text.length }
        ])
        deepStrictEqual(
          yield* Effect.forEach(
            [{ limit: 1 }, { before: "two" }, { after: "one" }, { before: "gone" }, { after: "two" }],
            list
          ),
          [["two"], ["one"], ["two"], [], []]
        )
      })
    )
  )

  it.scopedLive("are sent as a file, and simplified without bookkeeping, signatures and images", () =>
    inHouse(() =>
      Effect.gen(function* () {
        const fetch = yield* get

        const whole = yield* fetch("/exports/conversations/work/one")
        const simple = yield* fetch("/exports/conversations/work/one?simplified=true")

        deepStrictEqual([whole.status, whole.body], [200, text])
        assertInclude(whole.headers["content-disposition"] ?? "", "attachment")
        assertInclude(whole.headers["content-type"] ?? "", "application/x-jsonlines")
        assertEquals(
          simple.body,
          `${Json.stringify({
            type: "assistant",
            message: {
              role: "assistant",
              content: [{ type: "thinking", thinking: "Hm." }, words, { type: "tool_result", content: [words] }]
            }
          })}\n`
        )
      })
    )
  )

  it.scopedLive("whatever name is asked for, nothing beside them is read", () =>
    inHouse(() =>
      Effect.gen(function* () {
        const fetch = yield* get
        const names = [
          "work/link",
          "linked/secret",
          "work/missing",
          "missing/one",
          "work/notes.txt",
          "..%2F..%2F..%2F../secret",
          "work/..%2F..%2F..%2F..%2Fsecret",
          "work/%2Fetc%2Fpasswd",
          "work/one%00",
          "work/.hidden"
        ]

        const answers = yield* Effect.forEach(names, (name) => fetch(`/exports/conversations/${name}`))

        deepStrictEqual(
          answers.map(({ status }) => status),
          [404, 404, 404, 404, 404, 400, 400, 400, 400, 400]
        )
        assertTrue(answers.every(({ body }) => !body.includes("secret\n") && body !== "secret"))
      })
    )
  )
})
