import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { AgentId } from "../../src/domain/Agent.ts"
import { mentionsIn } from "../../src/engine/Mentions.ts"

const members = ["Ann", "Ann Marie", "민수", "민수진"].map((name, index) => ({ id: AgentId.make(index + 1), name }))
const found = (text: string) => mentionsIn(text, members)

describe("mentionsIn", () => {
  it("finds names in the order of mention, the longer one where two fit, in any case and once each", () => {
    deepStrictEqual(found("@민수, ask @ann marie, then @Ann! And @ANN again").ids.map(Number), [3, 2, 1])
  })

  it("finds a Korean name with its particle, and a Latin one with a Korean particle", () => {
    deepStrictEqual(found("@민수야, @민수진은 어디? @Ann이랑 같이?").ids.map(Number), [3, 4, 1])
  })

  it("tells which names nobody bears, and takes no mail address for one", () => {
    deepStrictEqual(found("@Anna and @Bob, write to ann@example.org or @ nobody"), {
      ids: [],
      unknown: ["Anna", "Bob"]
    })
  })
})
