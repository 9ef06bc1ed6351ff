// @effect-diagnostics globalTimers:off
import type { DurableEvent, LiveEvent, Notice, Placed } from "../domain/Event.ts"
import { Refused } from "./refused.ts"
import type { Wire } from "./types.ts"

/** An entry of a room's log, what its readers of the moment are told, or what the stream says of itself. */
export type RoomEvent = Wire<Placed<DurableEvent>> | Wire<Placed<LiveEvent>> | Wire<Notice>

export interface Following {
  /** The last event that is known; the stream begins after it. */
  readonly after?: number
  /** Ends the stream. */
  readonly signal?: AbortSignal
  /**
   * Called when the connection stands; `resumed` means that what was missed follows, else the room must be read anew.
   */
  readonly onOpen?: (resumed: boolean) => void
  /** Called when the connection is lost. It is made again by itself, or at once by `hurry`. */
  readonly onLost?: (hurry: () => void) => void
}

const backOffSeconds = [1, 2, 5, 10]
/** Three of the server's heartbeats. */
const silenceMillis = 45_000
/** Asking again would not be answered otherwise. */
const final = new Set([400, 401, 403, 404])

const frameOf = (part: string) => {
  const field = (name: string) =>
    part.split("\n").flatMap((line) => (line.startsWith(`${name}: `) ? line.slice(name.length + 2) : []))
  const data = field("data")
  if (data.length === 0) return []
  const event: RoomEvent = JSON.parse(data.join("\n"))
  return [{ id: field("id")[0] ?? null, event }]
}

async function* framesOf(body: ReadableStream<Uint8Array>, heard: () => void) {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ""
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      const parts = (rest + decoder.decode(value, { stream: true })).split("\n\n")
      rest = parts.pop() ?? ""
      yield* parts.flatMap(frameOf)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

const pause = (millis: number, signal: AbortSignal | undefined, onLost: Following["onLost"]) =>
  new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", end)
      resolve()
    }
    const timer = setTimeout(end, millis)
    signal?.addEventListener("abort", end)
    onLost?.(end)
  })

/** Every event of a stream from the position on, across lost connections, until the signal or a final refusal. */
export async function* follow(
  open: (after: string | null, signal: AbortSignal) => Promise<Response>,
  { after, onLost, onOpen, signal }: Following
): AsyncGenerator<RoomEvent, void> {
  let position = after === undefined ? null : String(after)
  let failures = 0
  while (!signal?.aborted) {
    const attempt = new AbortController()
    const give = () => attempt.abort()
    signal?.addEventListener("abort", give)
    let timer = setTimeout(give, silenceMillis)
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(give, silenceMillis)
    }
    try {
      const { body } = await open(position, attempt.signal)
      failures = 0
      onOpen?.(position !== null)
      if (body === null) return
      for await (const { event, id } of framesOf(body, heard)) {
        if (event.type === "reset") position = String(event.after)
        else if (id !== null) position = id
        yield event
      }
    } catch (error) {
      if (error instanceof Refused && final.has(error.status)) throw error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener("abort", give)
      attempt.abort()
    }
    if (signal?.aborted) return
    const seconds = backOffSeconds[Math.min(failures, backOffSeconds.length - 1)] ?? 1
    failures += 1
    await pause(seconds * 1000, signal, onLost)
  }
}
