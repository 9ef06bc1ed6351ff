// Calls between the benchmark and its child processes.
import { fork } from "node:child_process"

/** In the child: answers each call with what the named function gives. */
export const answering = (functions) => {
  process.on("message", ({ id, input, name }) => {
    Promise.resolve(functions[name](input)).then(
      (output) => process.send({ id, output }),
      (error) => process.send({ id, error: String(error?.stack ?? error) })
    )
  })
  process.on("disconnect", () => process.exit(0))
}

/** Starts the child; `call` fails when the child does, or after a minute. */
export const childOf = (file, options = {}) => {
  const process = fork(file, { stdio: "inherit", ...options })
  const waiting = new Map()
  let last = 0
  process.on("message", ({ error, id, output }) => {
    const { reject, resolve, timer } = waiting.get(id)
    waiting.delete(id)
    clearTimeout(timer)
    if (error === undefined) resolve(output)
    else reject(new Error(error))
  })
  process.on("exit", (code) => {
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer)
      reject(new Error(`${file} ended with ${code}`))
    }
  })
  const call = (name, input) =>
    new Promise((resolve, reject) => {
      const id = ++last
      const timer = setTimeout(() => reject(new Error(`${name} took more than a minute`)), 60_000)
      waiting.set(id, { resolve, reject, timer })
      process.send({ id, name, input })
    })
  return { call, pid: process.pid, stop: () => process.kill("SIGKILL") }
}
