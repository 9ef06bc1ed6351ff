import { build } from "esbuild"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** What a module of the tests exports, and `Effect`; made into one file that Node can run. */
export const load = async (file, name) => {
  const outfile = join(root, "dist", `${name}.mjs`)
  await build({
    stdin: { contents: `export * from "./${file}"\nexport { Effect } from "effect"`, resolveDir: join(root, "test") },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "warning"
  })
  return import(pathToFileURL(outfile).href)
}
