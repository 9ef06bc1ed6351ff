import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { home, run } from "./Process.ts"
import { had, ofPython } from "./tools.ts"

/** The server of llama.cpp, as a library of Python has it ready-made; llama.cpp itself is in no registry. */
export const built = had(ofPython("xllamacpp", "2026.10.11549"))

/** The key of the server's clients. */
export const key = "sk-test-of-the-server"

const program = `
import json, sys, threading, xllamacpp
params = xllamacpp.CommonParams()
for name, value in json.loads(sys.argv[2]).items():
    setattr(params, name, value)
params.model.path = sys.argv[1]
params.cpuparams.n_threads = 1
server = xllamacpp.Server(params)
print("serves", server.listening_address, flush=True)
threading.Event().wait()
`

/** A server on loopback of this model; it ends with the scope. */
export const start = Effect.fn(function* (folder: string, model: Uint8Array, params: object) {
  const fs = yield* FileSystem.FileSystem
  const cwd = yield* home
  yield* fs.writeFile(`${cwd}/tiny.gguf`, model)
  const { sees } = yield* run({
    command: `${folder}/bin/python`,
    args: ["-c", program, "tiny.gguf", stringify({ port: 0, n_parallel: 1, api_keys: [key], ...params })],
    cwd,
    env: { HOME: cwd }
  })
  const [, base = ""] = yield* sees(/serves (http\S+)/)
  return base
})
