import { HttpApiBuilder, HttpServerResponse } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../../Api.ts"
import { asAdmin } from "../../Auth.ts"
import { inert } from "../../../lib/response.ts"
import * as Files from "./Files.ts"

const everything = 1000

const headersOf = (id: string, simplified: boolean) => ({
  ...inert,
  "cache-control": "no-store",
  "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(`${id}${simplified ? ".simplified" : ""}`)}.jsonl`
})

export const layer = HttpApiBuilder.group(Api, "transcripts", (handlers) =>
  Effect.map(Files.make, (files) =>
    handlers
      .handle("list", ({ urlParams: { limit = everything, ...page } }) =>
        asAdmin.pipe(
          Effect.zipRight(files.list({ ...page, limit })),
          Effect.map((conversations) => ({ conversations }))
        )
      )
      .handleRaw("read", ({ path: { id, project }, urlParams: { simplified = "false" } }) => {
        const isSimplified = simplified === "true" || simplified === "1"
        const headers = headersOf(id, isSimplified)
        return asAdmin.pipe(
          Effect.zipRight(files.read(project, id, isSimplified)),
          Effect.map((body) => HttpServerResponse.stream(body, { contentType: "application/x-jsonlines", headers }))
        )
      })
  )
)
