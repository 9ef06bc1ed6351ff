import type { Agent } from "../domain/Agent.ts"
import type { Round, RoundSummary, Usage } from "../domain/History.ts"
import type { Message } from "../domain/Message.ts"
import type { ProviderList } from "../domain/ProviderList.ts"
import type { Room, RoomSummary } from "../domain/Room.ts"
import type { Attached } from "./pictures.ts"
import { words } from "./words.ts"

export interface Identity {
  readonly role: string
  readonly user_id: string
}

export type ProviderInfo = ProviderList["providers"][number]

interface Place {
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
}

interface ErrorBody {
  readonly _tag?: string
  readonly detail?: string | ReadonlyArray<Place>
  /** What may be: for each field, or for the one thing that was refused. */
  readonly allowed?: Readonly<Record<string, string>> | ReadonlyArray<string>
  readonly trace_id?: string
}

const keyName = "parley.api_key"

/** The token of this browser. */
export const session = {
  key: localStorage.getItem(keyName),
  keep(key: string | null) {
    this.key = key
    if (key === null) localStorage.removeItem(keyName)
    else localStorage.setItem(keyName, key)
  },
  /** Called when the server no longer knows the token. */
  onLost: () => {}
}

/** What each field of a body should have been; that it may also be left out helps nobody. */
const fieldsOf = ({ allowed = [], detail }: ErrorBody) => {
  const fields = new Map<string, string>()
  if (!Array.isArray(allowed)) {
    for (const [name, values] of Object.entries(allowed)) fields.set(name, words.allowed(values))
  }
  for (const { loc, msg } of typeof detail === "object" ? detail : []) {
    const name = String(loc[1] ?? "")
    if (!/^Expected (null|undefined),/.test(msg)) fields.set(name, [fields.get(name) ?? [], msg].flat().join("; "))
  }
  return fields
}

/** An answer that is an error; its message is for people. */
export class Refused extends Error {
  readonly status: number
  /** What is wrong with each field that was sent. */
  readonly fields: ReadonlyMap<string, string>
  constructor(status: number, body: ErrorBody) {
    const { _tag = "", detail, trace_id } = body
    const fields = fieldsOf(body)
    const text = words.refusals[_tag] ?? (typeof detail === "string" ? detail : [...fields.values()].join("; "))
    // Only a fault of the server is worth looking up.
    const trace = trace_id !== undefined && status >= 500 ? words.trace(trace_id) : ""
    super(`${text || words.answered(status)}${trace}`)
    this.status = status
    this.fields = fields
  }
}

/** Fetches with the token; fails with `Refused` for any answer that is not a success. */
export const request = async (path: string, init: RequestInit = {}) => {
  const headers = new Headers(init.headers)
  if (session.key !== null) headers.set("X-API-Key", session.key)
  const response = await fetch(path, { ...init, headers })
  if (response.ok) return response
  const body: ErrorBody = await response.json().catch(() => ({}))
  if (response.status === 401 && !path.startsWith("/auth/")) session.onLost()
  throw new Refused(response.status, body)
}

const call = async <T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const json = body === undefined ? {} : { "Content-Type": "application/json" }
  const payload = body === undefined ? null : JSON.stringify(body)
  const response = await request(path, { method, headers: { ...json, ...headers }, body: payload })
  const answer: T = await response.json()
  return answer
}

const enter = async (path: string, body: unknown): Promise<Identity> => {
  const answer = await call<Identity & { readonly api_key: string }>("POST", path, body)
  session.keep(answer.api_key)
  return answer
}

/** One page of a room's messages, and of its rounds. */
export const pageSize = 50
export const roundsPage = 50

const before = (id: number | null) => (id === null ? "" : `&before=${id}`)

export const api = {
  login: (password: string) => enter("/auth/login", { password }),
  link: (token: string) => enter("/auth/link", { token }),
  verify: () => call<Identity>("GET", "/auth/verify"),
  providers: () =>
    call<{ readonly providers: ReadonlyArray<ProviderInfo>; readonly default: string }>("GET", "/providers"),
  agents: () => call<ReadonlyArray<Agent>>("GET", "/agents"),
  rooms: () => call<ReadonlyArray<RoomSummary>>("GET", "/rooms"),
  createRoom: (name: string, provider: string, model: string | null) =>
    call<Room>("POST", "/rooms", { name, provider, model }),
  change: (room: number, wanted: unknown) => call<Room>("PATCH", `/rooms/${room}`, wanted),
  pause: (room: number) => call<Room>("POST", `/rooms/${room}/pause`),
  resume: (room: number) => call<Room>("POST", `/rooms/${room}/resume`),
  goOn: (room: number) => call<Round>("POST", `/rooms/${room}/continue`),
  /** Newest first. */
  rounds: (room: number, older: number | null, limit = roundsPage) =>
    call<ReadonlyArray<RoundSummary>>("GET", `/rooms/${room}/rounds?limit=${limit}${before(older)}`),
  round: (room: number, round: number) => call<Round>("GET", `/rooms/${room}/rounds/${round}`),
  usage: (room: number) => call<Usage>("GET", `/rooms/${room}/usage`),
  critiques: (room: number) => call<ReadonlyArray<Message>>("GET", `/rooms/${room}/critic-messages`),
  seated: (room: number) => call<ReadonlyArray<Agent>>("GET", `/rooms/${room}/agents`),
  seat: (room: number, agent: number) => call("POST", `/rooms/${room}/agents/${agent}`),
  unseat: (room: number, agent: number) => call("DELETE", `/rooms/${room}/agents/${agent}`),
  /** The newest page, or the one before a message; ascending. */
  messages: (room: number, older: number | null) =>
    call<ReadonlyArray<Message>>("GET", `/rooms/${room}/messages?limit=${pageSize}${before(older)}`),
  /** Sent again with the same key, a message is still stored once. */
  send: (room: number, content: string, images: ReadonlyArray<Attached>, name: string, key: string) =>
    call<Message>(
      "POST",
      `/rooms/${room}/messages/send`,
      { content, images, role: "user", participant_type: "user", ...(name === "" ? {} : { participant_name: name }) },
      { "Idempotency-Key": key }
    )
}

/** Not `randomUUID`, which browsers keep from pages that are served without TLS. */
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
