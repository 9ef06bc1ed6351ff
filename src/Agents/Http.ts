import { HttpApiBuilder, HttpServerResponse } from "@effect/platform"
import { Effect } from "effect"
import { Agents } from "../Agents.ts"
import { Api } from "../Api.ts"
import { PictureNotFound } from "../domain/Agent.ts"
import { PageSize } from "../domain/Message.ts"
import { inert, json } from "../lib/response.ts"
import * as Direct from "../Rooms/Direct.ts"

const everything = PageSize.make(1000)

const headers = { ...inert, "cache-control": "public, max-age=3600, must-revalidate" }

export const layer = HttpApiBuilder.group(Api, "agents", (handlers) =>
  Effect.map(Effect.all({ agents: Agents, direct: Direct.make }), ({ agents, direct }) =>
    handlers
      .handle("list", ({ urlParams }) => agents.list(urlParams.limit ?? everything))
      .handle("configs", () =>
        Effect.map(agents.configs, (reports) => ({
          configs: Object.fromEntries(reports.map(({ name, ...config }) => [name, config]))
        }))
      )
      .handle("get", ({ path }) => agents.get(path.agent_id))
      .handle("directRoom", ({ path, urlParams }) => Effect.map(direct.get(path.agent_id, urlParams), json))
      .handleRaw("picture", ({ path }) =>
        Effect.flatMap(agents.picture(path.name), (file) =>
          Effect.mapError(HttpServerResponse.file(file, { headers }), () => PictureNotFound.of())
        )
      )
  )
)
