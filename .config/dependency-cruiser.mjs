// Which file may import which: `npm run storeys`.
import { existsSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Each storey may import those after it, and nothing before it. */
const storeys = [
  "main.ts",
  "cli",
  "Parley.ts",
  "web",
  "client",
  "http",
  "features",
  "engine",
  "models",
  "personas",
  "store",
  "telemetry",
  "process",
  "domain",
  "lib"
]

const any = (names) => `^src/(?:${names.map((name) => name.replace(".", "\\.")).join("|")})(?:/|$)`

const upward = storeys.slice(1).map((storey, at) => ({
  name: `${storey} imports nothing above it`,
  severity: "error",
  from: { path: any([storey]) },
  to: { path: any(storeys.slice(0, at + 1)) }
}))

/** A folder beside a file of its name holds that file's private parts. */
const houses = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(entry.parentPath, `${entry.name}.ts`)))
  .map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(root.length + 1)
      .replaceAll("\\", "/")
  )

const privates = houses.map((house) => ({
  name: `${house}/ belongs to ${house}.ts`,
  severity: "error",
  from: { path: "^src/", pathNot: `^${house}(?:\\.ts$|/)` },
  // What a feature says of itself over HTTP is put together with what the others say.
  to: { path: `^${house}/`, ...(house.startsWith("src/features/") ? { pathNot: "/(?:Api|Http)\\.ts$" } : {}) }
}))

export default {
  forbidden: [
    ...upward,
    ...privates,
    {
      name: "a door over HTTP is opened by features, the server and the client",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(?:features|http|client)/" },
      to: { path: "^src/features/.+/(?:Api|Http)\\.ts$" }
    },
    {
      // What is made of another file's values may be made before them; types are not made.
      name: "values go round in no circle",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }
    },
    {
      name: "every file has a storey",
      severity: "error",
      from: { path: "^src/", pathNot: any(storeys) },
      to: {}
    }
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" }
  }
}
