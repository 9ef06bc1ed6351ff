import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { freePort, home, run } from "./Process.ts"
import { goTemplate } from "./TinyModel.ts"
import { had } from "./tools.ts"

const version = "v0.17.4"
const program = "github.com/ollama/ollama"

// A module of Go leaves out every folder `vendor`, and Ollama's holds headers of C++. Those of llama.cpp are the same.
const llamaCpp = "llama_cpp_python-0.3.36"

/** Ollama as its module builds it, for the processor alone. */
export const built = had({
  name: `ollama-${version}`,
  patience: "40 minutes",
  steps: (folder) => {
    const headers = `-O1 -I${folder}/${llamaCpp}/vendor/llama.cpp/vendor`
    const flags = [`CGO_CFLAGS=${headers}`, `CGO_CXXFLAGS=${headers}`, "CGO_ENABLED=1"]
    const sources = ["--no-deps", "--no-binary", ":all:", llamaCpp.replace("-", "==")]
    return [
      ["python3", "-m", "pip", "download", "--disable-pip-version-check", ...sources],
      ["tar", "-xzf", `${llamaCpp}.tar.gz`],
      ["go", "mod", "init", "parley.test/ollama"],
      ["go", "get", `${program}@${version}`],
      ["env", ...flags, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", `${folder}/ollama`, program],
      ["rm", "-r", llamaCpp, `${llamaCpp}.tar.gz`]
    ]
  }
})

interface Model {
  readonly gguf: Uint8Array
  readonly contextTokens: number
}

/** An Ollama on loopback that has these models; it ends with the scope. */
export const start = Effect.fn(function* (folder: string, models: Readonly<Record<string, Model>>) {
  const fs = yield* FileSystem.FileSystem
  const cwd = yield* home
  const command = `${folder}/ollama`
  const host = `127.0.0.1:${yield* freePort}`
  const env = { HOME: cwd, OLLAMA_HOST: host, OLLAMA_MAX_LOADED_MODELS: "8", OLLAMA_NUM_PARALLEL: "1" }
  const { sees } = yield* run({ command, args: ["serve"], cwd, env })
  yield* sees(/Listening on/, "stderr")
  yield* Effect.forEach(Object.entries(models), ([name, { contextTokens, gguf }]) =>
    Effect.gen(function* () {
      yield* fs.writeFile(`${cwd}/${name}.gguf`, gguf)
      // More threads than free processors wait for each other.
      const parameters = [`PARAMETER num_ctx ${contextTokens}`, "PARAMETER num_thread 1"]
      const recipe = [`FROM ./${name}.gguf`, ...parameters, `TEMPLATE """${goTemplate}"""`]
      yield* fs.writeFileString(`${cwd}/${name}.recipe`, recipe.join("\n"))
      const { ended, gone, text } = yield* run({ command, args: ["create", name, "-f", `${name}.recipe`], cwd, env })
      yield* gone
      if ((yield* ended).code !== 0) return yield* Effect.dieMessage(stringify(text))
    })
  )
  return `http://${host}`
})
