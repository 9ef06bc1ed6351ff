import { buildSync } from "esbuild"
import { repository } from "./Process.ts"

/** A program of the tests' own as plain JavaScript, where it finds the installed packages. */
export const bundle = (name: string) => {
  const outfile = `${repository}/node_modules/.cache/parley/${name}.mjs`
  const options = { bundle: true, packages: "external", platform: "node", format: "esm" } as const
  buildSync({ entryPoints: [`test/support/${name}.ts`], outfile, ...options })
  return outfile
}
