import type { RoomSummary } from "../domain/Room.ts"
import { api, pageSize } from "./api.ts"
import { byId, write } from "./dom.ts"
import type { Feed } from "./feed.ts"
import { makeSeats } from "./seats.ts"
import { follow, type RoomEvent } from "./stream.ts"
import * as words from "./words.ts"

const title = byId("room-name", HTMLElement)
const pause = byId("pause", HTMLButtonElement)
const status = byId("status", HTMLElement)

export interface RoomHooks {
  readonly feed: Feed
  readonly mention: (name: string) => void
  readonly changed: (room: RoomSummary) => void
  readonly gone: (reason: string) => void
  readonly failed: (error: unknown) => void
}

/** A room on the page, followed until `close`. */
export const openRoom = (summary: RoomSummary, { changed, failed, feed, gone, mention }: RoomHooks) => {
  let room = summary
  const seats = makeSeats(mention)
  let next: ReadonlyArray<string> = []
  let connected = true
  let isRead = false
  let closed = false

  const showState = () => {
    const speakers = feed.drafts.speakers()
    const who = (speaking: boolean) => speakers.flatMap((one) => (one.speaking === speaking ? one.name : []))
    const state = { connected, paused: room.is_paused, speaking: who(true), thinking: who(false), next }
    write(status, words.status(state))
    status.toggleAttribute("data-busy", connected && speakers.length > 0)
    seats.show(new Set(speakers.map(({ name }) => name)), isRead && feed.isEmpty())
  }

  const showRoom = (newer: RoomSummary) => {
    room = newer
    title.textContent = room.name
    pause.textContent = room.is_paused ? "Continue" : "Pause"
    document.title = `${room.name} · Parley`
    changed(room)
    showState()
  }

  /** What comes back too late, when another room is open, is nobody's. */
  const attempt = async <T>(work: Promise<T>, use: (result: T) => void) => {
    try {
      const result = await work
      if (!closed) use(result)
    } catch (error) {
      if (!closed) failed(error)
    }
  }

  const readSeats = () =>
    attempt(api.seated(room.id), (agents) => {
      seats.seat(agents)
      showState()
    })

  const readPage = (before: number | null) =>
    attempt(api.messages(room.id, before), (page) => {
      feed.showPage(page, page.length === pageSize)
      isRead = true
      showState()
    })

  const readAgain = () => {
    feed.clear()
    isRead = false
    next = []
    void readSeats()
    void readPage(null)
  }

  const react = (event: RoomEvent) => {
    switch (event.type) {
      case "new_message":
        return feed.add(event.message)
      case "stream_start":
        next = next.slice(next.indexOf(event.agent_name) + 1)
        return feed.drafts.start(event)
      case "content_delta":
      case "thinking_delta":
        return feed.drafts.add(event)
      case "stream_end": {
        feed.drafts.end(event.temp_id)
        if (event.outcome === "skipped") return feed.skip(event.agent_name)
        const text = words.outcome(event.agent_name, event.outcome, event.error?._tag ?? null)
        return text === null ? undefined : feed.notice(text, event.outcome === "failed" ? "trouble" : "quiet")
      }
      case "round_started":
        next = event.agents
        return
      case "round_ended": {
        next = []
        const text = words.stopped[event.stop_reason]
        return text === null ? undefined : feed.notice(text, "end")
      }
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
      case "room_deleted":
        return gone("This room was deleted.")
    }
  }

  const stop = follow(room.id, {
    opened: (resumed) => {
      connected = true
      feed.drafts.clear()
      if (resumed) showState()
      else readAgain()
    },
    event: (event) => {
      react(event)
      if (!closed) showState()
    },
    waiting: () => {
      connected = false
      showState()
    },
    refused: (error) => gone(error.message)
  })

  feed.clear()
  seats.seat([])
  showRoom(room)

  return {
    id: room.id,
    agents: seats.agents,
    showRoom,
    showState,
    readEarlier: () => readPage(feed.oldest()),
    readSeats,
    turnPause: () =>
      attempt(room.is_paused ? api.resume(room.id) : api.pause(room.id), ({ is_paused }) =>
        showRoom({ ...room, is_paused })
      ),
    close() {
      closed = true
      stop()
    }
  }
}

export type OpenRoom = ReturnType<typeof openRoom>
