const encoder = new TextEncoder()

/** A comment: opens the stream at once, and keeps proxies from closing an idle one. */
export const heartbeat = encoder.encode(":\n\n")

/** One event. `body` is JSON on one line, so that no payload can forge a field; a live event has no id. */
export const frame = (event: { readonly id?: number; readonly type: string; readonly body: string }): Uint8Array =>
  encoder.encode(`${event.id === undefined ? "" : `id: ${event.id}\n`}event: ${event.type}\ndata: ${event.body}\n\n`)
