// npm run docs: writes docs/settings.md from the schema of the settings. `--check` fails when the page is stale.
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = join(root, "docs/settings.md")

/** Each chapter, and the setting that it begins with, in the order of the schema. */
const chapters = new Map([
  ["HOST", "Address, folders and bounds"],
  ["API_KEY_HASH", "Logins"],
  ["TRUSTED_PROXY_COUNT", "Proxies, limits and connections"],
  ["DEFAULT_PROVIDER", "Providers and models"],
  ["AGENT_POOL_MAX_SIZE", "Sessions and deadlines"],
  ["USER_NAME", "What agents read"],
  ["MAX_CONCURRENT_ROOMS", "Autonomous rounds, backups and the log of rooms"],
  ["WRITE_QUEUE_CAPACITY", "Queue, cache and streams"],
  ["LOG_LEVEL", "Logs, traces and metrics"],
  ["PATH", "What the Claude client gets of the environment"]
])

const loaded = async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from "./src/domain/Settings.ts"; export { Option, Schema, SchemaAST } from "effect"`,
      resolveDir: root
    },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`)
}

const { about, LiveValues, Option, Schema, SchemaAST, SettingsValues, show } = await loaded()

const defaults = Schema.decodeUnknownSync(SettingsValues)({})

/** The bounds of all refinements of a type. */
const boundsOf = (ast) =>
  ast._tag === "Refinement"
    ? { ...boundsOf(ast.from), ...Option.getOrElse(SchemaAST.getJSONSchemaAnnotation(ast), () => ({})) }
    : {}

/** What a setting may be, where the schema bounds it. */
const rangeOf = (ast) => {
  const literals = ast._tag === "Union" ? ast.types.map(({ literal }) => literal) : []
  if (literals.length > 0 && literals.every((it) => typeof it === "string")) return literals.join(", ")
  const { maximum, minimum } = boundsOf(ast)
  return maximum === undefined ? "" : `${minimum} to ${maximum}`
}

const ranges = new Map(
  SchemaAST.getPropertySignatures(Schema.typeSchema(SettingsValues).ast).map(({ name, type }) => [name, rangeOf(type)])
)

const code = (text) => (text === "" ? "" : `\`${text}\``)
const names = Object.keys(SettingsValues.fields)
const missing = [...chapters.keys()].filter((name) => !names.includes(name))
const silent = names.filter((name) => !about.get(name))
if (missing.length > 0) throw new Error(`a chapter begins with a setting that is not there: ${missing.join(", ")}`)
if (silent.length > 0) throw new Error(`the schema does not say what these settings are for: ${silent.join(", ")}`)

const row = (name) =>
  `| \`${name}\` | ${code(show(defaults[name]))} | ${ranges.get(name)} | ${name in LiveValues.fields ? "yes" : ""} | ${about.get(name)} |`

const head = ["| Setting | Default | Range | Live | |", "|---|---|---|---|---|"]

const lines = names.flatMap((name) => {
  const title = chapters.get(name)
  return [...(title === undefined ? [] : ["", `## ${title}`, "", ...head]), row(name)]
})

const text = `# Settings

<!-- \`npm run docs\` writes this page from src/domain/Settings.ts. -->

Every setting is an environment variable or a line in \`.env\`; the environment wins. \`npx parley settings\` prints each setting with its value and its source. An invalid value stops the start, and Parley names all invalid values at once.

\`POST /admin/reload\` reads \`.env\` and the agents' files again. The settings marked "Live" change at once; the answer lists the others, which wait for a restart. One invalid value rejects the reload, and nothing changes.
${lines.join("\n")}
`

const found = fs.existsSync(page) ? fs.readFileSync(page, "utf8") : ""
if (!process.argv.includes("--check")) {
  fs.writeFileSync(page, text)
} else if (found !== text) {
  console.error("docs/settings.md is stale: run `npm run docs`")
  process.exitCode = 1
}
