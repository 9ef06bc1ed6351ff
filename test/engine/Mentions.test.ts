import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck } from "effect"
import { AgentId } from "../../src/domain/Agent.ts"
import { mentionsIn } from "../../src/engine/Mentions.ts"

const seat = (names: ReadonlyArray<string>, group: string | null = null) =>
  names.map((name, index) => ({ id: AgentId.make(index + 1), name, display_name: null, group }))
const members = seat(["Ann", "Ann Marie", "민수", "민수진"])
const found = (text: string) => mentionsIn(text, members)
const idsIn = (text: string, names: ReadonlyArray<string>) => mentionsIn(text, seat(names)).ids.map(Number)

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

  it("finds a name in a script without spaces, whatever stands beside it", () => {
    const names = ["小明", "太郎", "สมชาย", "レイ", "Ann", "小明月"]
    for (const [text, id] of [
      ["@小明你好", 1],
      ["请@小明看一下", 1],
      ["①@小明", 1],
      ["嗯…@小明，你说", 1],
      ["@小明hello", 1],
      ["@小明月你好", 6],
      ["@太郎さん", 2],
      ["ねえ@太郎", 2],
      ["＠太郎", 2],
      ["สวัสดี@สมชายครับ", 3],
      ["@ﾚｲさん", 4],
      ["请@ann看一下", 5],
      ["＠Ａｎｎ、どう？", 5],
      ["그럼@Ann은?", 5]
    ] as const) {
      deepStrictEqual(idsIn(text, names), [id], text)
    }
  })

  it("finds who is meant by the shown name and by the folder's, with either apostrophe, and the folder's first", () => {
    const of = (id: number, name: string, display_name: string) => ({
      id: AgentId.make(id),
      name,
      display_name,
      group: "crew"
    })
    const crew = [of(1, "obrien", "O'Brien"), of(2, "rei", "レイ・アヤナミ"), of(3, "stephen", "Dr. Strange (dry)")]
    for (const [text, ids] of [
      ["@O'Brien and @obrien", [1]],
      ["ask @o’brien’s wife", [1]],
      ["@レイ・アヤナミさん、@reiは？", [2]],
      ["@ﾚｲ･ｱﾔﾅﾐ", [2]],
      ["@dr._strange_(dry), please", [3]],
      ["@crew", [1, 2, 3]],
      ["@O'Brienne, @Dr. Strange", []]
    ] as const) {
      deepStrictEqual(mentionsIn(text, crew).ids.map(Number), [...ids], text)
    }
    deepStrictEqual(mentionsIn("@rei", [...crew, of(4, "ayanami", "rei")]).ids.map(Number), [2])
  })

  it("takes no longer word, no other vowel and no address for a name", () => {
    const names = ["anna", "राम", "สม", "Jose", "小明", "ก"]
    for (const text of [
      "@annabel",
      "@anna-lena",
      "@anna_lena",
      "@anna5",
      "x@anna.org",
      "请x@anna.org",
      "写信到邮箱@anna.org吧",
      "é@anna".normalize("NFD"),
      "@रामा",
      "@สมุด",
      "@José",
      "@José".normalize("NFD"),
      "@กิ"
    ]) {
      deepStrictEqual(idsIn(text, names), [], text)
    }
  })

  it("finds a name however it is written: in any case, composed or not, with spaces or underscores", () => {
    const names = ["İpek Işık", "Straße", "Zoë_Quinn", "ΟΔΥΣΣΕΥΣ", "山田\u3000花子", "Ａｙａ"]
    for (const [text, id] of [
      ["@ipek ışık", 1],
      ["@İPEK IŞIK", 1],
      ["@İpek Işık".toLowerCase(), 1],
      ["@STRASSE!", 2],
      ["@STRAẞE", 2],
      ["@zoë quinn's", 3],
      ["@Zoë_Quinn".normalize("NFD"), 3],
      ["@οδυσσευς", 4],
      ["@山田 花子さん", 5],
      ["@山田_花子", 5],
      ["@aya", 6],
      ["@A\u200bya", 6]
    ] as const) {
      deepStrictEqual(idsIn(text, names), [id], text)
    }
  })

  it("finds a name before and after punctuation", () => {
    for (const text of [
      "(@Ann)",
      "*@Ann*",
      "_@Ann_",
      "well...@Ann",
      "@Ann.Please",
      "@Ann's",
      "@Ann--what?",
      "@@Ann…"
    ]) {
      deepStrictEqual(found(text).ids.map(Number), text.startsWith("_") ? [] : [1], text)
    }
  })

  it("finds everybody and the members of a group, unless a member has that name", () => {
    const room = [
      ...seat(["Ann", "Bo"], "guests"),
      { id: AgentId.make(3), name: "Cy", display_name: null, group: "group of three" }
    ]
    const ids = (text: string) => mentionsIn(text, room).ids.map(Number)
    for (const text of ["@all", "@All에게", "@here!", "@everyone", "@모두에게", "大家@all看一下"]) {
      deepStrictEqual(ids(text), [1, 2, 3], text)
    }
    deepStrictEqual(ids("@Cy, then @guests, then @ann"), [3, 1, 2])
    deepStrictEqual(ids("@group_of_three"), [3])
    deepStrictEqual(mentionsIn("@allison and @here-after", room), { ids: [], unknown: ["allison", "here-after"] })
    deepStrictEqual(idsIn("@all and @Ann", ["Ann", "All"]), [2, 1])
    deepStrictEqual(
      mentionsIn("@here", [...seat(["Ann"]), { id: AgentId.make(2), name: "Bo", display_name: null, group: "here" }])
        .ids,
      [AgentId.make(2)]
    )
  })

  const letters = [..."abİıßéŞ小明太郎レイ민수สมชาย_- 　"]
  const names = FastCheck.array(FastCheck.constantFrom(...letters), { minLength: 1, maxLength: 6 }).map(
    (all) => `x${all.join("")}x`
  )
  const writings: ReadonlyArray<(name: string) => string> = [
    (name) => name.toLowerCase(),
    (name) => name.toUpperCase(),
    (name) => name.normalize("NFD"),
    (name) => name.normalize("NFKC"),
    (name) => name.replace(/[ _]/g, (it) => (it === " " ? "_" : " "))
  ]

  it.prop(
    "finds every member however its name is written, and the longest of those that fit",
    { all: FastCheck.uniqueArray(names, { minLength: 1, maxLength: 8 }), writing: FastCheck.constantFrom(...writings) },
    ({ all, writing }) => {
      const room = seat(all)
      for (const { name } of room) {
        const ids = mentionsIn(`请看@${writing(name)}, and more`, room).ids
        deepStrictEqual(ids.length, 1)
        // Of two that read the same it is one, and no shorter one.
        const meant = room.find(({ id }) => id === ids[0])?.name ?? ""
        deepStrictEqual(mentionsIn(`@${meant}`, seat([name])).ids.length, 1)
      }
    }
  )

  it.prop(
    "names nobody without a mark, and finds the same names in a text that goes on",
    { text: FastCheck.string({ unit: "grapheme" }), name: names },
    ({ name, text }) => {
      const room = seat([name])
      deepStrictEqual(mentionsIn(text.replace(/[@＠﹫]/g, ""), room), { ids: [], unknown: [] })
      const found = mentionsIn(text, room)
      assertTrue(found.ids.every((id) => id === 1) && found.unknown.length <= 20)
      deepStrictEqual(mentionsIn(`${text} @${name}`, room).ids.length, 1)
    }
  )

  it("looks through the longest message of marks for a thousand names in a moment", { timeout: 2000 }, () => {
    const room = seat(Array.from({ length: 1000 }, (_, index) => `${"a".repeat(99)}${index}`))
    deepStrictEqual(mentionsIn("@all ".repeat(20_000), room).ids.length, 1000)
    deepStrictEqual(mentionsIn(`@${"a".repeat(99)}`.repeat(1000), room).ids.length, 0)
    deepStrictEqual(mentionsIn("@".repeat(100_000), room), { ids: [], unknown: [] })
    deepStrictEqual(
      mentionsIn(Array.from({ length: 15_000 }, (_, index) => `@b${index}`).join(" "), room).unknown.length,
      20
    )
  })
})
