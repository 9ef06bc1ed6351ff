import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertMatch, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../../support/Caller.ts"
import { attempt, home, layer, patience, repository, run, serve, withPassword } from "../../support/Process.ts"

const setup = Effect.gen(function* () {
  const folder = yield* home
  const server = yield* serve(folder)
  const { call } = yield* login(server.base)
  const [room] = (yield* call("GET", "/rooms")).data
  const settings = { ...withPassword, PORT: new URL(server.base).port }
  const id: number = room.id
  const parley = (...args: ReadonlyArray<string>) => attempt(folder, settings, args)
  return { call, folder, id, parley, server, settings }
})

describe.concurrent("the commands for a server that runs", () => {
  it.scopedLive(
    "tail shows what was said and then each word as it comes, and nothing that a terminal would obey",
    () =>
      Effect.gen(function* () {
        const { call, folder, id, settings } = yield* setup
        yield* call("POST", `/rooms/${id}/messages/send`, { content: "before \u001b[2J\u0007" })
        const tail = yield* run({
          command: process.execPath,
          args: [`${repository}/dist/main.js`, "tail", String(id)],
          cwd: folder,
          env: { ...settings, DATA_DIR: `${folder}/data` }
        })
        yield* tail.sees(/\] \S+: before \[2J\n/)
        yield* call("POST", `/rooms/${id}/messages/send`, { content: "and now?", participant_name: "Ida" })
        yield* tail.sees(/\] Ida: and now\?\n/)
        yield* tail.sees(/\n(Fitzroy|Ottilie|Zeynep): \S.*\n[^]*\(complete|max \w+\)/)

        assertTrue(!["\u001b", "\u0007"].some((sign) => tail.text.stdout.includes(sign)))
        yield* tail.signal("SIGINT")
        yield* tail.ended
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "simulate plays a scenario in rooms of its own, to the limit, and writes a transcript of each",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { call, folder, parley } = yield* setup
        const scenario = ["-s", "A lamp goes out.\nRoom: forged", "-m", "1", "-v", "2", "-r", "Lamp"]
        const played = yield* parley(
          "simulate",
          ...scenario,
          "-a",
          "Fitzroy, Ottilie",
          "--keep",
          "-o",
          `${folder}/lamp.txt`
        )
        const unknown = yield* parley("simulate", "-s", "x", "-a", "Fitzroy,Nobody")

        strictEqual(played.code, 0, played.stderr)
        assertInclude(played.stdout, "1 reply, ended by max_interactions")
        assertMatch(played.stderr, /Lamp \(2\): 1\/1 (Fitzroy|Ottilie)/)
        const text = yield* fs.readFileString(`${folder}/lamp_2.txt`)
        deepStrictEqual(
          text.split("\n").filter((line) => line.startsWith("Room:")),
          ["Room: Lamp (2)"]
        )
        assertMatch(text, /\n(Fitzroy|Ottilie) \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)\n {2}\S/)
        const [room] = (yield* call("GET", "/rooms")).data
        assertMatch(room.name, /^Lamp \([12]\)$/)
        strictEqual(unknown.code, 1)
        assertMatch(unknown.stderr, /^parley: there is no agent Nobody; there are .*Fitzroy/m)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "simulate lets the agents go on to the number of replies, and leaves transcripts in their folder but no rooms",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { call, folder, id, parley } = yield* setup
        const scenario = ["-s", "A lamp goes out.", "-m", "7", "-v", "2"]
        const played = yield* parley("simulate", ...scenario, "-a", "Fitzroy,Ottilie")

        strictEqual(played.code, 0, played.stderr)
        deepStrictEqual(played.stdout.trim().split("\n").toSorted(), [
          "transcripts/chatroom_1.txt: 7 replies, ended by max_interactions",
          "transcripts/chatroom_2.txt: 7 replies, ended by max_interactions"
        ])
        deepStrictEqual((yield* fs.readDirectory(`${folder}/transcripts`)).length, 2)
        deepStrictEqual(
          (yield* call("GET", "/rooms")).data.map((room: { readonly id: number }) => room.id),
          [id]
        )
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "take a room by its name, and say so when none has it",
    () =>
      Effect.gen(function* () {
        const { call, parley, server } = yield* setup
        yield* call("POST", "/rooms", { name: "Kitchen talk" })
        const named = yield* parley("export", "Kitchen talk", "--format", "markdown")
        const missing = yield* parley("export", "Cellar talk")
        const stranger = yield* parley("tail", "Cellar talk", "--url", server.base)

        assertMatch(named.stdout, /^# Kitchen talk\n/)
        for (const { code, stderr } of [missing, stranger]) {
          deepStrictEqual([code, stderr.trim()], [1, "parley: room Cellar talk is not there"])
        }
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "export writes one room to where it is piped, or many into files, that import takes back",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { call, folder, id, parley, server, settings } = yield* setup
        yield* call("POST", "/rooms", { name: "second" })
        yield* call("POST", `/rooms/${id}/messages/send`, { content: "keep this" })
        const files = `${folder}/files`
        yield* fs.makeDirectory(files)

        const piped = yield* parley("export", String(id), "--format", "markdown")
        const all = yield* parley("export", "--folder", files)
        const missing = yield* parley("export", "999")
        yield* server.signal("SIGTERM")
        yield* server.ended
        const back = yield* attempt(folder, { ...settings, DATA_DIR: `${folder}/elsewhere` }, [
          "import",
          `${files}/room_${id}.json`
        ])

        assertMatch(piped.stdout, /^# The first room\n[^]*> keep this/)
        deepStrictEqual((yield* fs.readDirectory(files)).length, 2)
        strictEqual(all.code, 0, all.stderr)
        deepStrictEqual([missing.code, missing.stderr.trim()], [1, "parley: room 999 is not there"])
        strictEqual(back.code, 0, back.stderr)
        assertMatch(back.stdout, /1 {2}rooms/)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "tail ends in words when who follows is logged out",
    () =>
      Effect.gen(function* () {
        const { folder, id, server, settings } = yield* setup
        const { call, token = "" } = yield* login(server.base)
        yield* call("POST", `/rooms/${id}/messages/send`, { content: "here" })
        const tail = yield* run({
          command: process.execPath,
          args: [`${repository}/dist/main.js`, "tail", String(id), "--token", token],
          cwd: folder,
          env: settings
        })
        yield* tail.sees(/: here\n/)
        yield* call("POST", "/auth/logout")

        strictEqual((yield* tail.ended).code, 1)
        assertMatch(tail.text.stderr, /^parley: Invalid or missing authentication token$/m)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "say in one line that there is no server, or that it does not know who asks",
    () =>
      Effect.gen(function* () {
        const { parley } = yield* setup
        const stranger = yield* parley("tail", "1", "--token", "x")
        const nowhere = yield* parley("export", "1", "--url", "http://127.0.0.1:1")
        const wrong = yield* parley("tail", "1", "--password", "x")

        deepStrictEqual(
          [stranger, nowhere, wrong].map(({ code, stderr }) => [code, stderr.trim().split("\n").length]),
          [
            [1, 1],
            [1, 1],
            [1, 1]
          ]
        )
      }).pipe(Effect.provide(layer)),
    patience
  )
})
