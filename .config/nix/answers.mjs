// Starts the program that it is given in this folder, and fails unless it answers and ends as it is told.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

const [command] = process.argv.slice(2)
const server = spawn(command, { env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] })
const ended = once(server, "exit")
const deadline = setTimeout(() => server.kill("SIGKILL"), 60_000)

let health = 0
for await (const line of createInterface(server.stdout)) {
  const [, address] = /Parley listens on (http:[^"\s]+)/.exec(line) ?? []
  if (address === undefined) continue
  health = (await fetch(`${address}/health`)).status
  server.kill("SIGTERM")
}
const [code] = await ended
clearTimeout(deadline)
if (health !== 200 || code !== 0) throw new Error(`/health answered ${health}, and the server ended with ${code}`)
