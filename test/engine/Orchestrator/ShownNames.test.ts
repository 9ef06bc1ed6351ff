import { NodeContext } from "@effect/platform-node"
import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as ChatApi from "../../support/ChatApi.ts"
import { exported, transcript } from "../../support/documents.ts"
import { room } from "../../support/Duo.ts"
import * as House from "../../support/House.ts"

const { answer, text } = ChatApi

const folk = {
  rei: 'Rei pilots.\n---\ndisplay_name: "レイ・アヤナミ"\nprompt: { rules: "{agent_name:은는} says little." }\n',
  obrien: 'He repairs transporters.\n---\ndisplay_name: "O\'Brien"\n'
}

/** A house whose models are played by an endpoint, with what the endpoint is to answer. */
const inHouse = <A, E>(
  answers: ReadonlyArray<ChatApi.Reply>,
  test: (
    api: Effect.Effect.Success<ReturnType<typeof ChatApi.make>>,
    agentsDir: string
  ) => Effect.Effect<A, E, Effect.Effect.Context<ReturnType<typeof room>> | FileSystem.FileSystem>
) =>
  Effect.gen(function* () {
    const api = yield* ChatApi.make(answer(text("All is well here.")))
    yield* api.reply(...answers)
    const folders = yield* House.folders(folk)
    const settings = { ...folders, OPENAI_BASE_URL: api.url, OPENAI_MODEL: "model-a" }
    return yield* Effect.provide(test(api, folders.AGENTS_DIR), House.layerWhole(settings))
  }).pipe(Effect.provide(NodeContext.layer))

const quiet = { max_messages: 2, max_follow_ups: 0, turn_policy: "round_robin" } as const

describe("A shown name", () => {
  it.scopedLive("is what models read of themselves, of the others and of who said what", () =>
    inHouse([], (api) =>
      Effect.gen(function* () {
        const { say, watch } = yield* room(quiet)
        yield* say("Report!")
        yield* watch.ended

        const [first, second] = api.calls.map(({ heard }) => heard)
        const ofRei = first?.system.includes("You are レイ・アヤナミ") ? first : second
        const ofOBrien = ofRei === first ? second : first
        assertInclude(ofRei?.system ?? "", "You are レイ・アヤナミ, one of those who talk in a room.")
        assertInclude(ofRei?.system ?? "", "The other characters in the room: O'Brien.")
        assertInclude(ofRei?.system ?? "", "レイ・アヤナミ은 says little.")
        assertInclude(ofRei?.told ?? "", "It is your turn, レイ・アヤナミ")
        assertInclude(ofOBrien?.system ?? "", "You are O'Brien, one of those who talk in a room.")
        assertInclude(ofOBrien?.system ?? "", "# O'Brien in a nutshell")
        assertInclude(second?.told ?? "", `${second === ofRei ? "O'Brien" : "レイ・アヤナミ"} (agent):`)
        for (const heard of [first, second]) {
          assertFalse(/\b(?:rei|obrien)\b/.test(`${heard?.system}\n${heard?.told}`))
        }
      })
    )
  )

  it.scopedLive("and the folder's are cut where a model writes its own, and end the speech where it is another's", () =>
    inHouse(
      [
        answer(text("**O’Bri", "en:** obrien: Aye, sir.\n", "レイ・アヤ", "ナミ: No.")),
        answer(text("I am here.\n", "obrien: So am I."))
      ],
      (_api) =>
        Effect.gen(function* () {
          const { say, said, watch } = yield* room({ ...quiet, turn_policy: "priority" })
          yield* say("@O'Brien first, then @レイ・アヤナミ")
          yield* watch.ended
          deepStrictEqual((yield* said).slice(1), [
            ["obrien", "Aye, sir.", false],
            ["rei", "I am here.", false]
          ])
        })
    )
  )

  it.scopedLive("stands in messages, events, turns and exports, and stays as it was when the words were said", () =>
    inHouse([], (_api, agentsDir) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { ask, client, idOf, inRoom, say, watch } = yield* room({ ...quiet, turn_policy: "mentioned_only" })
        yield* say("@rei, report")
        yield* watch.ended
        yield* fs.writeFileString(`${agentsDir}/rei/agent_config.yaml`, 'display_name: "Rei II"\n')
        yield* ask(({ agents }) => agents.reload({ path: { agent_id: idOf("rei") } }))
        yield* say("@Rei_II, once more")
        yield* watch.ended

        const names = (all: ReadonlyArray<Record<string, unknown>>) =>
          all.flatMap((it) => (it["agent_name"] ? [[it["agent_name"], it["agent_display_name"]]] : []))
        const both = [
          ["rei", "レイ・アヤナミ"],
          ["rei", "Rei II"]
        ]
        const messages = (urlParams: { readonly after?: number }) =>
          ask(({ messages: all }) => all.list({ path: inRoom, urlParams }))
        deepStrictEqual(names(yield* messages({})), both)
        deepStrictEqual(names(yield* messages({ after: 0 })), both)
        const listed = yield* ask(({ rounds }) => rounds.list({ path: inRoom }))
        const rounds = yield* Effect.forEach(listed, ({ id }) =>
          ask(({ rounds: all }) => all.get({ path: { ...inRoom, round_id: id } }))
        )
        deepStrictEqual(names(rounds.flatMap(({ turns }) => turns)), both.toReversed())
        for (const type of ["stream_start", "stream_end"]) {
          deepStrictEqual(names(watch.seen.filter((event) => event["type"] === type)), both)
        }
        const roster = yield* ask(({ rooms }) => rooms.roster({ path: inRoom }))
        deepStrictEqual(roster.find(({ name }) => name === "rei")?.display_name, "Rei II")

        const document = yield* exported(ask, inRoom.room_id)
        deepStrictEqual(names(document.messages), both)
        deepStrictEqual(document.agents.map((agent) => agent.display_name).toSorted(), ["O'Brien", "Rei II"])
        const written = yield* transcript(client.send, inRoom.room_id)
        assertInclude(written, "### レイ・アヤナミ (agent)")
        assertInclude(written, "### Rei II (agent)")
      })
    )
  )
})
