import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { Client as Parley, Refused } from "../../src/client/client.ts"
import type { RoomEvents } from "../../src/store/RoomEvents.ts"
import * as Client from "./Client.ts"
import * as House from "./House.ts"
import { images } from "./images.ts"
import * as Puppet from "./Puppet.ts"

export const url = (type: keyof typeof images) => `data:${type};base64,${images[type]}`

const setup = Effect.fn(function* (agentsDir: string) {
  const client = yield* Client.make
  const fs = yield* FileSystem.FileSystem
  const { ask } = client
  const list = ask(({ agents }) => agents.list())
  const all = yield* list
  const idOf = (name: string) => all.find((agent) => agent.name === name)?.id ?? 0
  const agent = (agent_id: number) => ask(({ agents }) => agents.get({ path: { agent_id } }))
  const read = (path: string) => fs.readFileString(`${agentsDir}/${path}`)
  const files = (path: string) => Effect.map(fs.readDirectory(`${agentsDir}/${path}`), (found) => found.toSorted())
  const create = (payload: Parameters<Parley["agents"]["create"]>[0]["payload"]) =>
    ask(({ agents }) => agents.create({ payload }))
  const change = (agent_id: number, payload: Parameters<Parley["agents"]["update"]>[0]["payload"]) =>
    ask(({ agents }) => agents.update({ path: { agent_id }, payload }))
  const room = (name: string) => ask(({ rooms }) => rooms.create({ payload: { name } }))
  const join = (path: { readonly room_id: number; readonly agent_id: number }) =>
    ask(({ rooms }) => rooms.join({ path }))
  const picture = (name: string, headers: Record<string, string> = {}, query = "") =>
    Effect.scoped(
      Effect.flatMap(client.send("GET", `/agents/${name}/profile-pic${query}`, undefined, headers), (response) =>
        Effect.map(response.arrayBuffer, (body) => ({
          status: response.status,
          headers: response.headers,
          bytes: new Uint8Array(body)
        }))
      )
    )
  return { ...client, fs, agentsDir, list, idOf, agent, read, files, create, change, room, join, picture }
})
type World = Effect.Effect.Success<ReturnType<typeof setup>>

export const scenario = <E>(
  name: string,
  test: (world: World) => Effect.Effect<void, E, RoomEvents | Scope.Scope>,
  puppet = silent
) =>
  it.scopedLive(name, () =>
    Effect.gen(function* () {
      const folders = yield* House.folders({ Ada: "Ada builds clocks.", "group_Bees/Bo": "Bo keeps bees." })
      const house = House.layer({ settings: { ...folders, MAX_IMAGE_BYTES: "1024" }, providers: [puppet.provider] })
      yield* Effect.provide(Effect.flatMap(setup(folders.AGENTS_DIR), test), house)
    }).pipe(Effect.provide(NodeContext.layer))
  )
const silent = Puppet.make({ act: Puppet.skip })

/** How a call is refused. */
export const refusal = <A>(asked: Effect.Effect<A, Refused>) =>
  Effect.map(Effect.flip(asked), ({ status, tag }) => [status, tag])
