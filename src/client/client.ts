// @effect-diagnostics globalFetch:off
import { follow, type Following, type RoomEvent } from "./follow.ts"
import { refused } from "./refused.ts"
import { routes } from "./routes.ts"
import type { Routes, Settings } from "./types.ts"

export { Refused, type Place } from "./refused.ts"
export type { Following, RoomEvent } from "./follow.ts"
export type { Routes, Wire } from "./types.ts"

export interface Connection {
  /** Address of the server without a slash at the end; where the page came from when left out. */
  readonly url?: string
  /** An access token, or what gives one for each request. A browser that has logged in needs none: it has a cookie. */
  readonly token?: string | (() => Promise<string>)
  readonly fetch?: typeof globalThis.fetch
}

/** Calls every route of the contract by its group and name; an answer that is an error rejects with `Refused`. */
export type Client = Routes & {
  /**
   * The events of a room as they happen, without a gap: a lost connection is made again, from the last event that came.
   * A position that the server does not keep gives the event `reset`. Throws `Refused` when asking again is no use.
   */
  readonly follow: (roomId: number, following?: Following) => AsyncGenerator<RoomEvent, void>
  /**
   * The same of all rooms over one connection; every event names its room. Each connection begins with `rooms`: what it
   * does not name was deleted meanwhile.
   */
  readonly followAll: (following?: Following) => AsyncGenerator<RoomEvent, void>
}

interface Request extends Settings {
  readonly path?: Readonly<Record<string, unknown>>
  readonly urlParams?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly payload?: unknown
}

const addressOf = (template: string, { path = {}, urlParams = {} }: Request) => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(urlParams)) if (value !== undefined) query.set(name, String(value))
  const filled = template.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(path[name])))
  return query.size === 0 ? filled : `${filled}?${query}`
}

/** A client of the server at an address. It holds no connection. */
export const connect = ({ fetch = globalThis.fetch, token, url = "" }: Connection = {}): Client => {
  const send = async (method: string, template: string, request: Request) => {
    const key = typeof token === "function" ? await token() : token
    const headers = new Headers(key === undefined ? {} : { "X-API-Key": key })
    for (const [name, value] of Object.entries(request.headers ?? {})) if (value !== undefined) headers.set(name, value)
    if (request.payload !== undefined) headers.set("Content-Type", "application/json")
    const response = await fetch(`${url}${addressOf(template, request)}`, {
      method,
      headers,
      body: request.payload === undefined ? null : JSON.stringify(request.payload),
      signal: request.signal ?? null
    })
    if (!response.ok) throw await refused(response)
    return response
  }

  const call =
    (method: string, template: string) =>
    async (request: Request = {}) => {
      const response = await send(method, template, request)
      return response.headers.get("content-type")?.startsWith("application/json") ? response.json() : response
    }

  const groups = new Set(routes.map(([group]) => group))
  const callsOf = (group: string) =>
    routes.flatMap(([of, name, method, template]) => (of === group ? [[name, call(method, template)]] : []))
  const calls = Array.from(groups, (group) => [group, Object.fromEntries(callsOf(group))])
  const open =
    (template: string, path: Readonly<Record<string, unknown>>) => (after: string | null, signal: AbortSignal) =>
      send("GET", template, {
        path,
        headers: { Accept: "text/event-stream", ...(after === null ? {} : { "Last-Event-ID": after }) },
        signal
      })
  return {
    ...Object.fromEntries(calls),
    follow: (roomId, following = {}) => follow(open("/rooms/:room_id/stream", { room_id: roomId }), following),
    followAll: (following = {}) => follow(open("/stream", {}), following)
  }
}
