import { Refused } from "../client/client.ts"
import { client, pageBefore, pageSize, session } from "./api.ts"
import { byId, write } from "./dom.ts"
import type { Feed } from "./feed.ts"
import { makeHistory } from "./history.ts"
import { makeProgress } from "./progress.ts"
import { explain } from "./refusals.ts"
import { makeSeats } from "./seats.ts"
import { showState } from "./state.ts"
import type { RoomEvent, RoomSummary } from "./wire.ts"
import { doorWords, words } from "./words.ts"

const title = byId("room-name", HTMLElement)

/** Messages that are read at once, and how often, on the way up to one that is looked for. */
const leap = 1000
const mostLeaps = 5

export interface RoomHooks {
  readonly feed: Feed
  readonly mention: (name: string) => void
  readonly changed: (room: RoomSummary) => void
  readonly seated: () => void
  /** Called after the page has shown it. */
  readonly happened: (event: RoomEvent) => void
  readonly gone: (reason: string) => void
  readonly failed: (error: unknown) => void
}

/** A room on the page, followed until `close`. */
export const openRoom = (
  summary: RoomSummary,
  { changed, failed, feed, gone, happened, mention, seated }: RoomHooks
) => {
  let room = summary
  const path = { room_id: summary.id }
  const seats = makeSeats(mention)
  const begin = () => ({ history: makeHistory(room.id, feed), progress: makeProgress(room.id, () => show()) })
  let { history, progress } = begin()
  let connected = true
  let isRead = false
  let sought: { readonly id: number; readonly pages: number } | null = null
  const ending = new AbortController()
  const closed = () => ending.signal.aborted

  const show = () => {
    const speakers = feed.drafts.speakers()
    const next = progress.next()
    showState({
      connected,
      paused: room.is_paused,
      overBudget: history.last() === "budget",
      circles: room.loop_guard,
      speakers,
      next: next.map(seats.called),
      mayGoOn: isRead && progress.isQuiet() && speakers.length === 0 && seats.agents().length > 0
    })
    seats.show(new Set(speakers.map(({ who }) => who.name)), next[0], isRead && feed.isEmpty())
  }

  const showRoom = (newer: RoomSummary) => {
    room = newer
    write(title, room.name)
    document.title = `${room.name} · Parley`
    changed(room)
    show()
  }

  /** What comes back too late, when another room is open, is nobody's. */
  const attempt = async <T>(work: Promise<T>, use: (result: T) => unknown) => {
    try {
      const result = await work
      if (!closed()) await use(result)
    } catch (error) {
      if (!closed()) failed(error)
    }
  }

  const readSeats = () =>
    attempt(client.rooms.roster({ path }), (agents) => {
      seats.seat(agents)
      show()
      seated()
    })

  const readHistory = () => {
    const mine = history
    return mine.recall({
      isCurrent: () => !closed() && mine === history,
      open: (rounds) => {
        for (const id of rounds) void attempt(progress.found(id), show)
        show()
      }
    })
  }

  const readPage = (before: number | null, limit = pageSize): Promise<void> =>
    attempt(client.messages.list({ path, urlParams: pageBefore(before, limit) }), async (page) => {
      feed.showPage(page, page.length === limit)
      isRead = true
      show()
      seek()
      await readHistory()
    })

  /** Shows the message that is looked for, further up if need be. */
  const seek = () => {
    if (sought === null || !isRead) return
    const { id, pages } = sought
    if (feed.reveal(id)) sought = null
    else if (pages > 0 && feed.hasEarlier()) {
      sought = { id, pages: pages - 1 }
      void readPage(feed.oldest()?.id ?? null, leap)
    } else {
      sought = null
      failed(new Error(doorWords.outOfReach))
    }
  }

  const readAgain = () => {
    feed.clear()
    isRead = false
    ;({ history, progress } = begin())
    void readSeats()
    void readPage(null)
  }

  const react = (event: RoomEvent) => {
    switch (event.type) {
      case "new_message": {
        const { role, timestamp } = event.message
        // What a person says is what resets the loop guard.
        showRoom({ ...room, loop_guard: role === "user" ? null : room.loop_guard, last_activity_at: timestamp })
        return feed.add(event.message)
      }
      case "stream_start":
        void attempt(progress.speaks(event.agent_name), show)
        return feed.drafts.start(event)
      case "content_delta":
      case "thinking_delta":
        return feed.drafts.add(event)
      case "turn_waiting":
        return feed.drafts.wait(event)
      case "stream_end":
        feed.drafts.end(event.temp_id)
        return history.ended(event)
      case "round_started":
        return progress.started(event)
      case "round_ended":
        progress.ended(event.round_id)
        return history.ended(event)
      case "room_updated":
        return showRoom({ ...room, ...event.room })
      case "agent_joined":
      case "agent_left":
        void readSeats()
        return
      case "messages_cleared":
        return feed.clear()
      case "reset":
        return readAgain()
      case "login_ended":
        return session.onLost()
      case "room_deleted":
        return gone(words.deleted)
      case "new_critique":
        return
    }
  }

  const { signal } = ending
  let hurry = () => {}
  window.addEventListener("online", () => hurry(), { signal })

  const onOpen = (resumed: boolean) => {
    if (closed()) return
    connected = true
    feed.drafts.clear()
    if (resumed) show()
    else readAgain()
  }
  const onLost = (again: () => void) => {
    hurry = again
    connected = false
    show()
  }
  const listen = async () => {
    try {
      for await (const event of client.follow(room.id, { signal, onOpen, onLost })) {
        if (!closed()) react(event)
        if (closed()) return
        show()
        happened(event)
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (!closed()) gone(explain(error))
    }
  }

  feed.clear()
  seats.seat([])
  showRoom(room)
  void listen()

  return {
    id: room.id,
    agents: seats.agents,
    called: seats.called,
    room: () => room,
    isOverBudget: () => room.is_paused && history.last() === "budget",
    showRoom,
    showState: show,
    readEarlier: () => readPage(feed.oldest()?.id ?? null),
    readSeats,
    reveal(id: number) {
      sought = { id, pages: mostLeaps }
      seek()
    },
    turnPause: () =>
      attempt(room.is_paused ? client.rooms.resume({ path }) : client.rooms.pause({ path }), ({ is_paused }) =>
        showRoom({ ...room, is_paused })
      ),
    goOn: () =>
      attempt(client.rounds.goOn({ path }), ({ id, ended_at }) => (ended_at === null ? progress.found(id) : undefined)),
    close: () => ending.abort()
  }
}

export type OpenRoom = ReturnType<typeof openRoom>
