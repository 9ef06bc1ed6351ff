import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, "dist")
const page = join(root, "src/web")
const stampFile = join(dist, "stamp.json")

/** Packages that hold native code, or start a program of their own that lies beside them. */
const external = ["better-sqlite3", "bcrypt", "@parcel/watcher", "@anthropic-ai/claude-agent-sdk"]

const filesIn = (folder) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted()

const hashOfInputs = () => {
  const hash = createHash("sha256")
  const others = [".config/build.mjs", "package.json", "package-lock.json", "tsconfig.json"]
  for (const file of [...filesIn(join(root, "src")), ...others.map((name) => join(root, name))]) {
    const bytes = fs.readFileSync(file)
    hash.update(`${relative(root, file)}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest("hex")
}

const isBuiltFrom = (inputs) => {
  try {
    const stamp = JSON.parse(fs.readFileSync(stampFile, "utf8"))
    return stamp.inputs === inputs && stamp.outputs.every((file) => fs.existsSync(join(dist, file)))
  } catch {
    return false
  }
}

/** Whole or not at all, so that two builds at once, or one cut short, never leave half a file. */
const put = (file, bytes) => {
  const draft = join(dist, `.draft-${process.pid}`)
  fs.mkdirSync(dirname(file), { recursive: true })
  fs.writeFileSync(draft, bytes)
  fs.renameSync(draft, file)
}

const bundled = async (options) => {
  const esbuild = await import("esbuild")
  const shared = {
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "warning"
  }
  const { outputFiles } = await esbuild.build({ ...shared, write: false, ...options })
  return outputFiles.map(({ contents, path }) => [path, contents])
}

/** What a module says of the contract, in the place of the contract and all that it is made of. */
const evaluated = {
  name: "evaluated",
  setup: (build) =>
    build.onLoad({ filter: /src[/\\](?:client[/\\]routes|http[/\\]ApiDocument)\.ts$/ }, async ({ path }) => {
      const [[, contents]] = await bundled({ entryPoints: [path], outdir: "dist", platform: "node", sourcemap: false })
      const values = await import(`data:text/javascript;base64,${Buffer.from(contents).toString("base64")}`)
      const exports = Object.entries(values).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)}`)
      return { contents: exports.join("\n") }
    })
}

/**
 * A barrel keeps all of each module that is taken from it, used or not; a module by its own path keeps what is used.
 * Every name of these packages is a module, but the few functions that `effect` gives out too.
 */
const withoutBarrels = {
  name: "without barrels",
  setup: (build) =>
    build.onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
      const source = fs.readFileSync(path, "utf8")
      const contents = source.replace(fromBarrel, (statement, names, barrel) => {
        const imports = names.split(",").map((name) => byItsPath(name.trim(), barrel))
        return imports.join(";") + statement.replace(/[^\n]/g, "")
      })
      return { contents, loader: "ts" }
    })
}

const fromBarrel = /^import \{([^}]*)\} from "(effect|@effect\/[a-z-]+)"$/gm

const byItsPath = (name, barrel) => {
  if (name === "" || name.startsWith("type ")) return ""
  const [module, local = module] = name.split(" as ")
  return /^[A-Z]/.test(module)
    ? `import * as ${local} from "${barrel}/${module}"`
    : `import { ${name} } from "${barrel}/Function"`
}

/** The library's server would read it to be ready for web sockets, of which there are none. */
const withoutWebSockets = {
  name: "without web sockets",
  setup: (build) => {
    build.onResolve({ filter: /^ws$/ }, ({ path }) => ({ path, namespace: "nothing" }))
    build.onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "module.exports = {}" }))
  }
}

const server = () =>
  bundled({
    entryPoints: ["src/main.ts"],
    outdir: "dist",
    // What is imported on demand stays out of the start.
    splitting: true,
    // Beside the entry, because code finds the page by the place where it lies itself.
    chunkNames: "[name]-[hash]",
    platform: "node",
    target: "node20",
    external,
    plugins: [evaluated, withoutBarrels, withoutWebSockets],
    // CommonJS packages inside the bundle call `require`, which an ES module lacks.
    banner: { js: 'import{createRequire as $require}from"node:module";const require=$require(import.meta.url);' }
  })

const browser = () =>
  bundled({
    entryPoints: ["src/web/main.ts"],
    outfile: "dist/web/main.js",
    platform: "browser",
    target: "es2022",
    minify: true,
    plugins: [evaluated]
  })

const client = () =>
  bundled({
    entryPoints: ["src/client/client.ts"],
    outdir: "dist",
    platform: "neutral",
    target: "es2022",
    plugins: [evaluated]
  })

const copied = () =>
  filesIn(page)
    .filter((file) => !/\.tsx?$|tsconfig\.json$/.test(file))
    .map((file) => [join(dist, "web", relative(page, file)), fs.readFileSync(file)])

/** Bundles server and page into `dist/`. Does nothing when they are there; otherwise calls `onStart` first. */
export const build = async (onStart = () => {}) => {
  const inputs = hashOfInputs()
  if (isBuiltFrom(inputs)) return
  onStart()
  const outputs = new Map([...(await server()), ...(await browser()), ...(await client()), ...copied()])
  fs.rmSync(stampFile, { force: true })
  for (const [file, bytes] of outputs) put(file, bytes)
  const isOld = (file) => !outputs.has(file) && (file.startsWith(join(dist, "web")) || /\.js(?:\.map)?$/.test(file))
  for (const file of filesIn(dist).filter(isOld)) fs.rmSync(file, { force: true })
  // Last, so that a build cut short is done again.
  put(stampFile, JSON.stringify({ inputs, outputs: [...outputs.keys()].map((file) => relative(dist, file)) }))
}

const isProgram = process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
if (isProgram) await build()
