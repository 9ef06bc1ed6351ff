import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { freePort, home, run } from "./Process.ts"
import { had, ofPython } from "./tools.ts"

/** LiteLLM's proxy, a gateway that many put before their vendors. */
export const built = had(ofPython("litellm", "1.108.7", "[proxy]"))

/** The key of the gateway's clients. */
export const key = "sk-test-of-the-gateway"

/** A gateway on loopback that has these models, by the names that its clients know; it ends with the scope. */
export const start = Effect.fn(function* (folder: string, models: Readonly<Record<string, object>>) {
  const fs = yield* FileSystem.FileSystem
  const cwd = yield* home
  const port = yield* freePort
  // JSON is YAML too.
  yield* fs.writeFileString(
    `${cwd}/config.yaml`,
    stringify({
      model_list: Object.entries(models).map(([model_name, litellm_params]) => ({ model_name, litellm_params })),
      general_settings: { master_key: key },
      litellm_settings: { telemetry: false },
      router_settings: { num_retries: 0, disable_cooldowns: true }
    })
  )
  const { sees } = yield* run({
    command: `${folder}/bin/litellm`,
    args: ["--config", `${cwd}/config.yaml`, "--host", "127.0.0.1", "--port", `${port}`],
    cwd,
    // The list of prices that it would fetch comes with it.
    env: { HOME: cwd, LITELLM_LOCAL_MODEL_COST_MAP: "True", PYTHONUNBUFFERED: "1" }
  })
  yield* sees(/Uvicorn running/, "stderr")
  return `http://127.0.0.1:${port}`
})
