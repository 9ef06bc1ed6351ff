import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { FastCheck as fc } from "effect"
import { expand } from "../../src/lib/particles.ts"

const cases: ReadonlyArray<readonly [value: string, template: string, expected: string]> = [
  ["민준", "{name:은는} 웃는다", "민준은 웃는다"],
  ["미라", "{name:은는} 웃는다", "미라는 웃는다"],
  ["민준", "{name:이가}", "민준이"],
  ["미라", "{name:이가}", "미라가"],
  ["민준", "{name:을를}", "민준을"],
  ["미라", "{name:을를}", "미라를"],
  ["민준", "{name:과와}", "민준과"],
  ["미라", "{name:과와}", "미라와"],
  ["부산", "{name:으로로}", "부산으로"],
  ["제주", "{name:으로로}", "제주로"],
  ["서울", "{name:으로로}", "서울로"],
  ["서울", "{name:은는}", "서울은"],
  ["Tom", "{name:은는}", "Tom은"],
  ["", "{name:은는}", "는"],
  ["미라".normalize("NFD"), "{name:은는}", `${"미라".normalize("NFD")}는`],
  ["미라", "{name}의 시계", "미라의 시계"],
  ["미라", "{other:은는} {name:에서} {constructor} {} {name", "{other:은는} {name:에서} {constructor} {} {name"]
]

describe("particles", () => {
  it("follow the last sound of the value", () => {
    for (const [name, template, expected] of cases) strictEqual(expand(template, { name }), expected)
  })

  it("a value is never expanded itself", () => {
    deepStrictEqual(expand("{a}{b:은는}", { a: "{b}", b: "{a}" }), "{b}{a}은")
  })

  it.prop("text without a known placeholder stays as it is", [fc.string()], ([text]) => {
    strictEqual(expand(text.replaceAll("{name", "{ name"), { name: "미라" }), text.replaceAll("{name", "{ name"))
  })

  it.prop("each placeholder becomes its value and one particle", [fc.string({ unit: "grapheme" })], ([value]) => {
    const text = expand("<{v:이가}|{v}>", { v: value })
    return text === `<${value}이|${value}>` || text === `<${value}가|${value}>`
  })
})
