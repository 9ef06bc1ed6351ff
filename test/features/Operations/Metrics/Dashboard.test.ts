import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema, Stream } from "effect"
import { inHouse, room } from "../../../support/Duo.ts"
import * as Puppet from "../../../support/Puppet.ts"
import { scrape } from "../../../support/Scrape.ts"

const Place = Schema.Struct({ x: Schema.Int, y: Schema.Int, w: Schema.Int, h: Schema.Int })
const Source = Schema.Struct({ type: Schema.Literal("prometheus"), uid: Schema.Literal("${datasource}") })
const Target = Schema.Struct({
  refId: Schema.NonEmptyString,
  datasource: Source,
  expr: Schema.NonEmptyString,
  legendFormat: Schema.String
})
const common = { id: Schema.Int, title: Schema.NonEmptyString, gridPos: Place }
const Row = Schema.Struct({ ...common, type: Schema.Literal("row"), collapsed: Schema.Literal(false) })
const Panel = Schema.Struct({
  ...common,
  type: Schema.Literal("timeseries", "stat"),
  datasource: Source,
  fieldConfig: Schema.Struct({ defaults: Schema.Struct({ unit: Schema.NonEmptyString }) }),
  targets: Schema.NonEmptyArray(Target)
})
const Dashboard = Schema.parseJson(
  Schema.Struct({
    uid: Schema.Literal("parley"),
    title: Schema.NonEmptyString,
    schemaVersion: Schema.Int,
    panels: Schema.Array(Schema.Union(Row, Panel)),
    templating: Schema.Struct({
      list: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.Literal("datasource", "query") }))
    })
  })
)

const dashboard = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* path.fromFileUrl(new URL("../../../../ops/grafana/parley.json", import.meta.url))
  return yield* Effect.flatMap(fs.readFileString(file), Schema.decode(Dashboard))
}).pipe(Effect.provide(NodeContext.layer))

type Box = typeof Place.Type
const overlap = (one: Box, other: Box) =>
  one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h

const namesIn = (expr: string) => expr.match(/\b(?:parley|process|nodejs)_\w+/g) ?? []

describe("the dashboard", () => {
  it.effect("has the shape that Grafana reads: panels with ids of their own, side by side in its 24 columns", () =>
    Effect.gen(function* () {
      const { panels, templating } = yield* dashboard

      deepStrictEqual(templating.list, [
        { name: "datasource", type: "datasource" },
        { name: "job", type: "query" }
      ])
      deepStrictEqual(new Set(panels.map(({ id }) => id)).size, panels.length)
      for (const [at, { gridPos, title }] of panels.entries()) {
        assertTrue(gridPos.x + gridPos.w <= 24, title)
        assertTrue(
          panels.slice(at + 1).every((other) => !overlap(gridPos, other.gridPos)),
          title
        )
      }
    })
  )

  it.scopedLive("asks for what the server gives, and shows each family of it", () =>
    inHouse(
      Puppet.make({ act: () => Stream.concat(Puppet.say("Tick."), Puppet.done("s")) }),
      Effect.gen(function* () {
        const { client, say, watch } = yield* room({ max_follow_ups: 0 })
        yield* say("Hello?")
        yield* watch.ended
        const { series, typeOf } = yield* scrape(client)
        const names = new Set([...typeOf.keys(), ...[...series].map((key) => key.split(" ", 1)[0])])
        const { panels } = yield* dashboard

        const asked = panels.flatMap((panel) =>
          panel.type === "row" ? [] : panel.targets.flatMap(({ expr }) => namesIn(expr))
        )

        assertTrue(asked.length > 40)
        deepStrictEqual(
          asked.filter((name) => !names.has(name)),
          []
        )
        const shown = new Set(asked.map((name) => name.replace(/_(?:bucket|sum|count)$/, "")))
        const families = [...typeOf.keys()].filter((name) => !name.startsWith("effect_"))
        deepStrictEqual(
          families.filter((name) => !shown.has(name)),
          []
        )
      })
    )
  )
})
