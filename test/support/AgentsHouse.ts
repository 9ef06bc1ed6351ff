import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { RoomEvents } from "../../src/store/RoomEvents.ts"
import * as Client from "./Client.ts"
import * as House from "./House.ts"
import { images } from "./images.ts"
import * as Puppet from "./Puppet.ts"

export const url = (type: keyof typeof images) => `data:${type};base64,${images[type]}`

const setup = Effect.fn(function* (agentsDir: string) {
  const client = yield* Client.make
  const fs = yield* FileSystem.FileSystem
  const { data: agents } = yield* client.json("GET", "/agents")
  const idOf = (name: string): number => agents.find((agent: { readonly name: string }) => agent.name === name).id
  const read = (path: string) => fs.readFileString(`${agentsDir}/${path}`)
  const files = (path: string) => Effect.map(fs.readDirectory(`${agentsDir}/${path}`), (found) => found.toSorted())
  const create = (body: object) => client.json("POST", "/agents", body)
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
  return { ...client, fs, agentsDir, idOf, read, files, create, picture }
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

export const statusOf = ({ data, status }: { readonly data: { readonly _tag?: string }; readonly status: number }) => [
  status,
  data._tag
]
