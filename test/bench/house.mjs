// Parley as it is shipped: the bundle, in a process and a folder of its own.
import { spawn } from "node:child_process"
import { createHmac } from "node:crypto"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"

const bundle = fileURLToPath(new URL("../../dist/main.js", import.meta.url))
const secret = "the benchmark's own"

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const base64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")

const token = () => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { role: "admin", user_id: "admin", type: "access_token", iat: now, exp: now + 3600 }
  const signed = `${base64({ alg: "HS256" })}.${base64(claims)}`
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`
}

/** Its first word is long enough to be shown at once. */
const echo = { name: "Echo", lines: [`${"a".repeat(40)} is what Echo says.`] }

export const linesOf = (lines) => `## Lines\n\n${lines.map((line) => `- ${line}\n`).join("")}`

const settle = (folder, { files = {}, lines = [], name }) => {
  const agent = join(folder, "agents", name)
  if (existsSync(agent)) return
  mkdirSync(agent, { recursive: true })
  writeFileSync(join(agent, "in_a_nutshell.md"), `${name} answers whoever speaks.\n`)
  const texts = { "characteristics.md": linesOf(lines), ...files }
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(agent, file), text)
}

// A request that comes between listening and serving may stay unanswered.
const answers = (url) =>
  fetch(`${url}/health`, { signal: AbortSignal.timeout(100) }).then(
    ({ ok }) => ok,
    () => false
  )

const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

const untilReady = async (url, child) => {
  if (child.exitCode !== null) throw new Error(`Parley ended with ${child.exitCode}`)
  if (await answers(url)) return
  await pause(2)
  return untilReady(url, child)
}

/** Starts on the folder and returns when `/health` answers. */
export const start = async (folder, settings = {}, agents = [echo]) => {
  for (const agent of agents) settle(folder, agent)
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, [...(process.env.BENCH_NODE_FLAGS?.split(" ") ?? []), bundle], {
    stdio: ["ignore", "ignore", "inherit"],
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      DATA_DIR: join(folder, "data"),
      AGENTS_DIR: join(folder, "agents"),
      PORT: String(port),
      LOG_LEVEL: "error",
      RATE_LIMITS: "false",
      JWT_SECRET: secret,
      API_KEY_HASH: "$2b$04$7yL1i2oFskF1V8hyYYdoPuJOedn8fgyjJY2XrQUFML6tnb0kZ4zBi",
      SCRIPTED_PACE_MS: "0",
      ...settings
    }
  })
  const ended = new Promise((resolve) => {
    child.once("exit", resolve)
  })
  await untilReady(`http://127.0.0.1:${port}`, child)
  const readyMs = performance.now() - began
  const stop = () => {
    child.kill("SIGTERM")
    return ended
  }
  return { ...clientOf(port), pid: child.pid, port, readyMs, stop, database: join(folder, "data", "parley.db") }
}

const clientOf = (port) => {
  const key = token()
  /** A request as it goes over the wire. */
  const request = (method, path, body, headers = []) => {
    const text = body === undefined ? "" : JSON.stringify(body)
    const lines = [`${method} ${path} HTTP/1.1`, "host: localhost", `x-api-key: ${key}`, ...headers]
    const more = text === "" ? [] : ["content-type: application/json", `content-length: ${Buffer.byteLength(text)}`]
    return `${[...lines, ...more].join("\r\n")}\r\n\r\n${text}`
  }
  const send = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { "x-api-key": key, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  return { request, send }
}
