export type Kind =
  | "say"
  | "pause"
  | "resume"
  | "limit"
  | "remove"
  | "clear"
  | "create"
  | "join"
  | "set"
  | "go on"
  | "leave"
  | "read"

/** What a client asked for, and what it was told. */
export interface Request {
  readonly no: number
  readonly kind: Kind
  readonly room: number
  readonly agent: number
  readonly sent: number
  /** What a person says is marked, so that it can be found again in what others are told. */
  readonly tag: string | null
  readonly key: string | null
  /** Null while it is under way; a client that went away, or whose server died, never knows. */
  answered: number | null
  answer: "done" | "refused" | "unknown" | null
  /** What a message got, or what a reader read. */
  messageId: number | null
}

/** What the server has promised: every request, what it was answered, and what must hold from then on. */
export const make = () => {
  const requests: Array<Request> = []
  let time = 0
  let casting = false
  /** Rooms and seats in which nobody may speak, with the reason. */
  const silent = new Map<string, string>()
  /** Tags of what nobody may remember. */
  const forgotten = new Set<string>()

  const tick = () => ++time
  const seat = (room: number, agent: number) => `${room}/${agent}`

  const send = (kind: Kind, room: number, more: Partial<Pick<Request, "agent" | "tag" | "key">> = {}) => {
    const request: Request = {
      no: requests.length + 1,
      kind,
      room,
      agent: more.agent ?? 0,
      tag: more.tag ?? null,
      key: more.key ?? null,
      sent: tick(),
      answered: null,
      answer: null,
      messageId: null
    }
    requests.push(request)
    if (kind === "resume") silent.delete(`${room}`)
    if (kind === "join") silent.delete(seat(room, request.agent))
    return request
  }

  /** No request of this kind that could undo this one was under way together with it. */
  const isAlone = (request: Request, opposite: Kind) =>
    requests.every(
      (other) =>
        other.kind !== opposite ||
        other.room !== request.room ||
        other.agent !== request.agent ||
        (other.answered !== null && other.answered < request.sent && other.answer !== "unknown")
    )

  const answer = (request: Request, how: "done" | "refused" | "unknown") => {
    request.answered = tick()
    request.answer = how
    if (how !== "done") return
    if (request.kind === "pause" && isAlone(request, "resume")) silent.set(`${request.room}`, "was paused")
    if (request.kind === "remove") silent.set(`${request.room}`, "was removed")
    if (request.kind === "leave" && isAlone(request, "join")) silent.set(seat(request.room, request.agent), "left")
  }

  return {
    requests,
    tick,
    send,
    answer,
    forgotten,
    /** Why nobody may speak there, if so. */
    whySilent: (room: number, agent: number) => silent.get(`${room}`) ?? silent.get(seat(room, agent)),
    flying: () => requests.filter(({ answered }) => answered === null),
    /** Whether who sits in the room may be changing, or who there is. */
    changing: (room: number) =>
      casting ||
      requests.some((it) => it.room === room && (it.kind === "join" || it.kind === "leave") && it.answer !== "done"),
    /** Agents have come or gone. */
    recast: () => void (casting = true),
    /** Whether somebody asked for this and it may have been done, or may still be. */
    mayBe: (room: number, ...kinds: ReadonlyArray<Kind>) =>
      requests.some(
        (it) => it.room === room && kinds.includes(it.kind) && it.answer !== "done" && it.answer !== "refused"
      )
  }
}

export type Ledger = ReturnType<typeof make>
