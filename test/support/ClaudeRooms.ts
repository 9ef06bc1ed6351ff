import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer } from "effect"
import { SdkPool } from "../../src/models/SdkPool.ts"
import type { Client as Parley } from "../../src/client/client.ts"
import * as Client from "./Client.ts"
import * as House from "./House.ts"
import * as Api from "./MessagesApi.ts"
import * as Watch from "./Watch.ts"

export const quiet = Api.answer(Api.toolUse("skip", "{}"))

/** What stays when a server ends: its folders, and the model behind its provider. */
export class Ground extends Context.Tag("parley/test/support/ClaudeRooms/Ground")<
  Ground,
  {
    readonly api: Effect.Effect.Success<ReturnType<typeof Api.make>>
    readonly DATA_DIR: string
    readonly AGENTS_DIR: string
  }
>() {
  static readonly layer = (agents: Readonly<Record<string, string>>, otherwise: Api.Reply = quiet) =>
    Layer.scoped(
      this,
      Effect.zipWith(Api.make(otherwise), House.folders(agents), (api, folders) => ({ api, ...folders }))
    ).pipe(Layer.provideMerge(NodeContext.layer))
}

/** The whole house with the real client; one life of it. */
export const life = (settings: Readonly<Record<string, string>> = {}) =>
  Layer.unwrapEffect(
    Effect.map(Ground, ({ AGENTS_DIR, DATA_DIR, api }) =>
      House.layerWhole({
        AGENTS_DIR,
        DATA_DIR,
        ANTHROPIC_API_KEY: "sk-test-not-a-real-key",
        ANTHROPIC_BASE_URL: api.url,
        ...settings
      })
    )
  )

let rooms = 0

/** A room with these agents, and what tests do in it. Its clients are gone with the scope. */
export const room = (...names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const client = yield* Client.make
    const payload = { name: `room ${++rooms}`, someone_answers: false }
    const { id } = yield* client.ask(({ rooms: all }) => all.create({ payload }))
    const found = yield* enter(id)
    yield* Effect.forEach(names, found.join)
    yield* Effect.addFinalizer(() => found.evict)
    return found
  })

/** The same for a room that is there already. */
export const enter = (id: number) =>
  Effect.gen(function* () {
    const { AGENTS_DIR, DATA_DIR, api } = yield* Ground
    const client = yield* Client.make
    const sql = yield* SqlClient.SqlClient
    const pool = yield* SdkPool
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const watch = yield* Watch.room(id)
    const { ask } = client
    const inRoom = { room_id: id }
    const all = yield* ask(({ agents }) => agents.list())
    const idOf = (name: string) => all.find((agent) => agent.name === name)?.id ?? 0
    const seatOf = (name: string) => ({ ...inRoom, agent_id: idOf(name) })

    const say = (content: string) => ask(({ messages }) => messages.send({ path: inRoom, payload: { content } }))
    /** What the model is asked in the round that answers a message. */
    const round = Effect.fnUntraced(function* (content: string, ...texts: ReadonlyArray<string>) {
      const before = api.calls.length
      yield* api.reply(...texts.map((text) => Api.answer(Api.text(text))))
      yield* say(content)
      yield* watch.ended
      return api.calls.slice(before)
    })
    const session = (name: string) =>
      Effect.map(sql`SELECT session_id FROM sessions WHERE room_id = ${id} AND agent_id = ${idOf(name)}`, ([row]) =>
        String(row?.["session_id"]).replace(/@.*/, "")
      )
    const projects = path.join(DATA_DIR, "claude", "config", "projects")
    /** Takes away the client's own record of the agent's session. */
    const loseRecord = Effect.fnUntraced(function* (name: string) {
      const record = `${yield* session(name)}.jsonl`
      const folders = yield* fs.readDirectory(projects)
      yield* Effect.forEach(folders, (folder) => fs.remove(path.join(projects, folder, record)))
    })

    return {
      ...client,
      api,
      id,
      sql,
      watch,
      read: ask(({ rooms }) => rooms.get({ path: inRoom })),
      change: (payload: Parameters<Parley["rooms"]["update"]>[0]["payload"]) =>
        ask(({ rooms }) => rooms.update({ path: inRoom, payload })),
      pause: ask(({ rooms }) => rooms.pause({ path: inRoom })),
      resume: ask(({ rooms }) => rooms.resume({ path: inRoom })),
      messages: ask(({ messages }) => messages.list({ path: inRoom })),
      clear: ask(({ messages }) => messages.clear({ path: inRoom })),
      rounds: ask(({ rounds }) => rounds.list({ path: inRoom })),
      say,
      round,
      session,
      loseRecord,
      join: (name: string) => ask(({ rooms }) => rooms.join({ path: seatOf(name) })),
      leave: (name: string) => ask(({ rooms }) => rooms.leave({ path: seatOf(name) })),
      evict: pool.evict((seat) => seat.roomId === id),
      /** Changes an agent's persona until the scope closes. */
      rewrite: Effect.fnUntraced(function* (name: string, text: string) {
        const page = path.join(AGENTS_DIR, name, "in_a_nutshell.md")
        const before = yield* fs.readFileString(page)
        const write = (text: string) => Effect.orDie(fs.writeFileString(page, text))
        yield* Effect.acquireRelease(write(text), () => write(before))
      })
    }
  })

export const promptOf = ({ request }: Api.Call) => request.system.at(-1)?.text ?? ""

export const askedOf = (name: string) => (call: Api.Call) => promptOf(call).startsWith(`You are ${name},`)

const count = (said: Api.Call["said"], words: ReadonlyArray<string>) => {
  const text = said.flatMap(({ texts }) => texts).join("\n")
  return words.map((word) => text.split(word).length - 1)
}

/** How often each of the words stands in a request, but for the system prompt. */
export const countIn = (call: Api.Call | undefined, ...words: ReadonlyArray<string>) => count(call?.said ?? [], words)

/** The same for the turn that the request ends with. */
export const countInNews = (call: Api.Call | undefined, ...words: ReadonlyArray<string>) =>
  count(call?.said.filter(({ texts }) => texts.length > 0).slice(-1) ?? [], words)

/** Who speaks in a request: one person's turn when it begins anew from the room's log. */
export const turnsIn = (call: Api.Call | undefined) =>
  call?.said.flatMap(({ role }) => (role === "system" ? [] : role)) ?? []
