import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Either, FastCheck as fc } from "effect"
import { isPersonaName } from "../../src/domain/Persona.ts"
import {
  assemble,
  fingerprinted,
  parseRecollections,
  parseTraits,
  pictureCandidates
} from "../../src/personas/Parse.ts"

const place = { name: "mira", group: "harbour", config_file: "agents/group_harbour/mira" }
const nutshell = { "in_a_nutshell.md": "Mira mends clocks." }
const build = (texts: Record<string, string>, name = "mira") =>
  Effect.runSync(Effect.flatMap(assemble({ ...place, name }, { ...nutshell, ...texts }, null, null), fingerprinted))

describe("memory files", () => {
  it("hold sections under bracketed subtitles; the last of two namesakes wins", () => {
    const text = [
      "dropped",
      "##[The key]",
      "first",
      "## [The clock] ",
      "It runs backwards.",
      "",
      '**지금 드는 생각:** "늦었다"',
      "### [not one]",
      "## not one",
      "## []",
      "##\t[The key]",
      "  second  "
    ].join("\n")

    deepStrictEqual(parseRecollections(text), [
      { subtitle: "The key", body: "second" },
      {
        subtitle: "The clock",
        body: 'It runs backwards.\n\n**지금 드는 생각:** "늦었다"\n### [not one]\n## not one\n## []'
      }
    ])
  })

  const Word = fc.stringMatching(/^[a-z가-힣](?:[a-z가-힣 \]]{0,8}[a-z가-힣])?$/)
  const Body = fc.array(Word, { maxLength: 4 }).map((lines) => lines.join("\n"))

  it.prop(
    "give back what was written",
    [fc.uniqueArray(fc.tuple(Word, Body), { selector: ([key]) => key })],
    ([all]) => {
      const text = all.map(([subtitle, body]) => `## [${subtitle}]\n${body}\n`).join("\n")
      deepStrictEqual(
        parseRecollections(text),
        all.map(([subtitle, body]) => ({ subtitle, body }))
      )
    }
  )
})

describe("configuration files", () => {
  it("an agent's own word counts before its group's, tool by tool", () => {
    const persona = build({
      "group_config.yaml":
        "priority: 5\ntransparent: on\ntools:\n  skip: {description: Wait., enabled: yes}\n  recall:\n",
      "agent_config.yaml": "priority: -1\nother: 1\ntools:\n  skip: {enabled: no}\n"
    })

    deepStrictEqual([persona.priority, persona.transparent, persona.final_response], [-1, true, false])
    deepStrictEqual(persona.tools, { skip: { description: "Wait.", enabled: false }, recall: {} })
  })

  it("what the house says for all counts where neither group nor agent says otherwise", () => {
    const persona = build({
      "house_config.yaml":
        "priority: 9\ncritic: yes\nprompt: {rules: Be brief., opening: You are.}\ntools: {skip: {response: Silent.}}\n",
      "group_config.yaml": "priority: 5\nprompt: {opening: You sail.}\ntools: {skip: {description: Wait.}}\n",
      "agent_config.yaml": "prompt: {manners: [Speak up.]}\n"
    })

    deepStrictEqual([persona.priority, persona.is_critic], [5, true])
    deepStrictEqual(persona.prompt, { rules: "Be brief.", opening: "You sail.", manners: ["Speak up."] })
    deepStrictEqual(persona.tools, { skip: { response: "Silent.", description: "Wait." } })
  })

  it("an empty one says nothing", () => {
    deepStrictEqual(build({ "group_config.yaml": "\n", "agent_config.yaml": "# nothing" }).tools, {})
  })

  it("critics are those of that name, unless the configuration says otherwise", () => {
    deepStrictEqual(
      [build({}, "Critic"), build({}, "critics"), build({ "agent_config.yaml": "critic: true" }, "Ada")].map(
        ({ is_critic }) => is_critic
      ),
      [true, false, true]
    )
  })

  it("what is wrong is named by file and key", () => {
    const left = (text: string) => Either.getOrElse(Either.flip(parseTraits("group_config.yaml", text)), () => "")
    assertInclude(left("priority: 1.5"), "group_config.yaml: priority")
    assertInclude(left("tools: [skip]"), "group_config.yaml: tools")
    assertInclude(left("- a list"), "group_config.yaml")
    assertInclude(left("prompt: {manners: Speak up.}"), "group_config.yaml: prompt: manners")
    assertInclude(left("memory_scope: everywhere"), "group_config.yaml: memory_scope")
    assertTrue(left("a: &a [*a, *a]\nb: {").startsWith("group_config.yaml is not valid YAML"))
  })

  it.prop("no text makes the parser throw", [fc.string()], ([text]) => Either.isEither(parseTraits("x.yaml", text)))
})

describe("personas", () => {
  it("have the same fingerprint exactly when they say the same", () => {
    const texts = { "characteristics.md": "Mira speaks slowly.\n" }
    strictEqual(build(texts).fingerprint, build({ "characteristics.md": "\n Mira speaks slowly." }).fingerprint)
    assertTrue(build(texts).fingerprint !== build({ ...texts, "agent_config.yaml": "priority: 1" }).fingerprint)
  })

  it("have names of letters in any script, and never a path", () => {
    const good = ["mira", "미라", "Dr. Kim", "Zoë-2", "a", "李 娜", "_x", "하".repeat(80)]
    const bad = [
      "",
      " a",
      "a ",
      ".a",
      "a.",
      "a..b",
      "a/b",
      "a\\b",
      "a:b",
      "a\nb",
      "a\0",
      "..",
      "x".repeat(101),
      "a\u202eb"
    ]
    deepStrictEqual(good.filter(isPersonaName), good)
    deepStrictEqual(bad.filter(isPersonaName), [])
  })

  it("have the picture that the known names, then the kinds, put first, and never an SVG", () => {
    deepStrictEqual(
      pictureCandidates(["z.png", "photo.png", "a.SVG", "profile.webp", "notes.md", ".hidden.png", "a.png"]),
      ["profile.webp", "photo.png", "z.png", "a.png"]
    )
  })
})
