import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Driver from "../../../src/store/Db/Driver.ts"

const opened = Effect.map(Driver.open(":memory:"), ({ prepare }) => {
  prepare("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")([])
  return prepare
})

describe("The driver", () => {
  it.scoped("gives what a statement did that has no rows", () =>
    Effect.gen(function* () {
      const prepare = yield* opened
      const add = prepare("INSERT INTO things (name) VALUES (@name)")

      deepStrictEqual(add([{ name: "clock" }]), [{ changes: 1, id: 1 }])
      deepStrictEqual(add([{ name: "lamp" }]), [{ changes: 1, id: 2 }])
      deepStrictEqual(prepare("DELETE FROM things WHERE id > 5")([]), [{ changes: 0, id: 2 }])
    })
  )

  it.scoped("gives rows by the names of their columns, also of one that came after the statement", () =>
    Effect.gen(function* () {
      const prepare = yield* opened
      prepare("INSERT INTO things (name) VALUES ('clock')")([])
      const all = prepare("SELECT * FROM things")

      deepStrictEqual(all([]), [{ id: 1, name: "clock" }])
      prepare("ALTER TABLE things ADD COLUMN weight REAL")([])
      deepStrictEqual(all([]), [{ id: 1, name: "clock", weight: null }])
    })
  )
})
