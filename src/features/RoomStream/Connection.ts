import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { OutgoingHttpHeaders, ServerResponse } from "node:http"
import type { Notice } from "../../domain/Event.ts"
import type { LoginEnd } from "../../domain/User.ts"
import * as Json from "../../lib/json.ts"
import * as Meter from "../../lib/metric.ts"
import * as Sse from "../../lib/sse.ts"
import type { Sink } from "../../store/RoomEvents.ts"

const farewell = (reason: LoginEnd) => {
  const notice: Notice = { type: "login_ended", reason }
  return Sse.frame({ type: notice.type, body: Json.stringify(notice) })
}
const farewells: Readonly<Record<LoginEnd, Uint8Array>> = { expired: farewell("expired"), revoked: farewell("revoked") }

/** How long a reader may stand still while it catches up. */
const patience = "30 seconds"

const frames = Meter.counter("parley_stream_frames_sent_total", "Events and heartbeats written to readers of streams")
const dropped = Meter.counter("parley_streams_dropped_total", "Readers that did not keep up", "reason")
frames(0)
for (const reason of ["behind", "stalled"]) dropped(0, reason)

const nothing = () => {}

/**
 * The connection of a reader. Frames go to the socket as they are: a stream of Effect per reader costs ten times as
 * much. Thousands lie idle, so that it has no functions and no effects of its own.
 */
export class Connection implements Sink {
  private readonly response: ServerResponse
  private readonly most: number
  private isOver = false
  private early: LoginEnd | null = null
  private wake = nothing

  /** A reader that has more than `most` bytes to take is dropped. */
  constructor(response: ServerResponse, most: number) {
    this.response = response
    this.most = most
  }

  /** Sends the head of the answer; who had to leave before that leaves now. */
  begin(headers: OutgoingHttpHeaders) {
    this.response.writeHead(200, headers)
    this.response.socket?.setNoDelay(true)
    if (this.early !== null) this.leave(this.early)
  }

  write(bytes: Uint8Array, count: number) {
    const { response } = this
    if (response.destroyed || this.isOver) return
    // The reader comes back with Last-Event-ID and reads from the log what it has missed.
    if (response.writableLength > this.most) return this.drop("behind")
    response.write(bytes)
    frames(count)
  }

  get drained(): Effect.Effect<void> {
    return Effect.suspend(() => (this.response.writableNeedDrain ? this.drain : Effect.void))
  }

  private get drain() {
    const { response } = this
    return Effect.async<void>((resume) => {
      const done = () => resume(Effect.void)
      // It may have drained, or be gone, before this fiber had its turn.
      if (!response.writableNeedDrain) return done()
      response.once("drain", done)
      return Effect.sync(() => response.off("drain", done))
    }).pipe(Effect.timeoutTo({ duration: patience, onSuccess: nothing, onTimeout: () => this.drop("stalled") }))
  }

  private drop(reason: "behind" | "stalled") {
    dropped(1, reason)
    this.response.destroy()
  }

  /** Ends it, for once and all. */
  end(farewell?: Uint8Array) {
    if (this.isOver) return
    this.isOver = true
    this.response.end(farewell)
    this.wake()
  }

  /** Ends it with a word about why. */
  leave(why: LoginEnd) {
    this.early = why
    if (this.response.headersSent) this.end(farewells[why])
  }

  /** Returns when it has ended; for one who waits at a time. */
  get over(): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      if (this.isOver) return resume(Effect.void)
      this.wake = () => resume(Effect.void)
      return Effect.sync(() => {
        this.wake = nothing
      })
    })
  }
}
