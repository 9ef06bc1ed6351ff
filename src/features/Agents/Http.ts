import { Etag, FileSystem, HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect } from "effect"
import { Agents } from "../Agents.ts"
import { Api } from "../Api.ts"
import { PictureNotFound } from "../../domain/Agent.ts"
import { inert, isKnown, json } from "../../lib/response.ts"
import * as Direct from "../DirectRooms.ts"

const everything = 1000

const headers = { ...inert, "cache-control": "public, max-age=3600, must-revalidate" }

const shown = Effect.fnUntraced(function* (file: string) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const fs = yield* FileSystem.FileSystem
  const etag = Etag.toString(
    yield* Effect.flatMap(Etag.Generator, (tags) => Effect.flatMap(fs.stat(file), tags.fromFileInfo))
  )
  return isKnown(request, etag)
    ? HttpServerResponse.empty({ status: 304, headers: { ...headers, etag } })
    : yield* HttpServerResponse.file(file, { headers })
})

export const layer = HttpApiBuilder.group(Api, "agents", (handlers) =>
  Effect.map(Effect.all({ agents: Agents, direct: Direct.make }), ({ agents, direct }) => {
    const configs = ({ urlParams: { limit = everything } }: { readonly urlParams: { readonly limit?: number } }) =>
      Effect.map(agents.configs, (reports) => ({
        configs: Object.fromEntries(reports.slice(0, limit).map(({ name, ...config }) => [name, config]))
      }))
    return handlers
      .handle("list", ({ urlParams: { limit = everything, ...cursors } }) => agents.list({ ...cursors, limit }))
      .handle("configs", configs)
      .handle("configsShort", configs)
      .handle("create", ({ payload }) => agents.create(payload))
      .handle("update", ({ path, payload }) => agents.update(path.agent_id, payload))
      .handle("reload", ({ path }) => agents.reload(path.agent_id))
      .handle("remove", ({ path }) =>
        Effect.as(agents.remove(path.agent_id), { message: "Agent deleted successfully" })
      )
      .handle("get", ({ path }) => agents.get(path.agent_id))
      .handle("directRoom", ({ path, urlParams }) => Effect.map(direct.get(path.agent_id, urlParams), json))
      .handleRaw("picture", ({ path }) =>
        Effect.flatMap(agents.picture(path.name), (file) => Effect.mapError(shown(file), () => PictureNotFound.of()))
      )
  })
)
