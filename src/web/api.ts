import { connect } from "../client/client.ts"

/** What the page does when the server no longer knows who is here. */
export const session = { onLost: () => {} }

/** Where not to be known is an answer like any other. */
const entrances = /^\/auth\/(login|link|verify)$/

const watched: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (response.status === 401 && !entrances.test(String(input))) session.onLost()
  return response
}

/** Who asks is told by a cookie that the page cannot read. */
export const client = connect({ fetch: watched })

/** One page of a room's messages, and of its rounds. */
export const pageSize = 50
export const roundsPage = 50

/** The newest page, or the one before an id. */
export const pageBefore = (before: number | null, limit: number) => (before === null ? { limit } : { before, limit })

/** Not `randomUUID`, which browsers keep from pages that are served without TLS. */
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
