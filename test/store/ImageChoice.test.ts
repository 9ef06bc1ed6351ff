import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { choose, namesOf } from "../../src/store/ImageChoice.ts"
import { MessageId } from "../../src/domain/Message.ts"

const megabyte = 1024 * 1024

const sized = (message: number, position: number, size = megabyte) => ({
  message_id: MessageId.make(message),
  position,
  size
})

describe("choose", () => {
  it("gives the newest first place among what fits, and names them in the order of the talk", () => {
    const chosen = choose([sized(9, 1), sized(9, 0), sized(4, 2)])

    deepStrictEqual(
      chosen.map(({ message_id, name, position }) => [message_id, position, name]),
      [
        [4, 2, "Picture 1"],
        [9, 0, "Picture 2"],
        [9, 1, "Picture 3"]
      ]
    )
    deepStrictEqual(
      [...namesOf(chosen)],
      [
        [4, ["Picture 1"]],
        [9, ["Picture 2", "Picture 3"]]
      ]
    )
  })

  it("stops at the first that does not fit: an older one never stands in for a newer", () => {
    const sizes = [5 * megabyte, 10 * megabyte, 1, 1]
    deepStrictEqual(choose(sizes.map((size, at) => sized(9 - at, 0, size))).length, 2)
    deepStrictEqual(choose([sized(9, 0, megabyte), sized(8, 0, 15 * megabyte), sized(7, 0, 1)]).length, 1)
    deepStrictEqual(choose([]), [])
  })
})
