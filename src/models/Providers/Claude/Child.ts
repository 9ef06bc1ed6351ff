import type { SpawnedProcess, SpawnOptions } from "@anthropic-ai/claude-agent-sdk"
import { Deferred, Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { type ChildProcess, spawn } from "node:child_process"
import type { Client } from "./Options.ts"

type Start = Pick<Client, "found" | "launcher" | "processes">

export interface Child {
  /** What the SDK starts the process with. Refuses once `end` was called. */
  readonly spawn: (options: SpawnOptions) => SpawnedProcess
  /** The process, once it was started. */
  readonly pid: () => number | null
  /** How the process ended. Waits for ever when there was none. */
  readonly ended: Effect.Effect<string>
  /** Returns when the process, if any, is gone. */
  readonly gone: Effect.Effect<void>
  /** Kills it, and returns when it is gone. */
  readonly end: Effect.Effect<void>
}

/** The one process of a session, started through the `launcher`. It is gone when the scope has closed. */
export const make = (start: Start) =>
  Effect.acquireRelease(
    Effect.map(Deferred.make<string>(), (ending) => childOf(start, ending)),
    (child) => child.end
  )

const childOf = ({ found, launcher, processes }: Start, ending: Deferred.Deferred<string>): Child => {
  let child: ChildProcess | undefined
  let isOver = false
  const ended = Deferred.await(ending)
  const gone = Effect.suspend(() => (child === undefined ? Effect.void : Effect.asVoid(ended)))
  const kill = Effect.sync(() => {
    isOver = true
    child?.kill("SIGKILL")
  })
  return {
    spawn: ({ args, command, cwd, env }) => {
      if (isOver) throw new Error("the session was closed before its process began")
      const [program = command, ...words] = [...launcher, command, ...args]
      const started = spawn(program, words, { cwd, env, stdio: ["pipe", "pipe", "pipe"] })
      const said = lastWords(started)
      const end = (how: string) => Deferred.unsafeDone(ending, Effect.succeed(`the client's process ${how}${said()}`))
      const { pid } = started
      if (pid !== undefined) {
        found(command)
        processes.enter(pid)
      }
      started.once("exit", (code, signal) => {
        if (pid !== undefined) processes.strike(pid)
        end(signal === null ? `exited with code ${code}` : `got ${signal}`)
      })
      started.once("error", ({ message }) => end(`could not be started: ${message}`))
      child = started
      return started
    },
    pid: () => child?.pid ?? null,
    ended,
    gone,
    end: Effect.zipRight(kill, gone)
  }
}

const lastWords = ({ stderr }: ChildProcess) => {
  let tail = ""
  stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-1000)
  })
  return () => (tail.trim() === "" ? "" : `: ${tail.trim().split("\n").at(-1)}`)
}
