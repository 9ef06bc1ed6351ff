import type { AgentId } from "./Agent.ts"
import type { Finish } from "./Finish.ts"
import type { Message } from "./Message.ts"
import type { Waiting } from "./ProviderState.ts"
import type { RoomRow } from "./Room.ts"
import type { RoomId } from "./RoomId.ts"
import type { LoginEnd } from "./User.ts"
import type { Outcome, RoundId, StopReason, Trigger, TurnId } from "./Round.ts"

/** What is told of the agent's name: the folder's, and what it is called in place of it, or null. */
interface AgentNames {
  readonly agent_name: string
  readonly agent_display_name: string | null
}

/** One turn as clients know it while it streams; `temp_id` is the original's name for it. */
export interface TurnRef {
  readonly turn_id: TurnId
  readonly temp_id: string
  readonly agent_id: AgentId
}

/** Kept in the log under a growing id; a reader that comes back gets every one it missed. */
export type DurableEvent =
  | { readonly type: "new_message"; readonly message: Message }
  | ({
      readonly type: "stream_end"
      readonly outcome: Outcome
      readonly skipped: boolean
      /** How the words ended; null where none stay. */
      readonly finish: Finish | null
      readonly response_text: string | null
      readonly thinking_text: string | null
      readonly error: { readonly _tag: string } | null
    } & TurnRef &
      AgentNames)
  | {
      readonly type: "round_started"
      readonly round_id: RoundId
      readonly kind: Trigger["kind"]
      /** Who is to speak in the first pass, in order, by the names of their folders. */
      readonly agents: ReadonlyArray<string>
    }
  | {
      readonly type: "round_ended"
      readonly round_id: RoundId
      readonly stop_reason: StopReason
      readonly stop_detail: string | null
    }
  /** A critic has written; the text stays in the list of critiques. */
  | ({
      readonly type: "new_critique"
      readonly critique_id: number
      readonly round_id: RoundId
      readonly agent_id: AgentId
    } & AgentNames)
  | { readonly type: "room_updated"; readonly room: RoomRow }
  | ({ readonly type: "agent_joined" | "agent_left"; readonly agent_id: AgentId } & AgentNames)
  | { readonly type: "messages_cleared" }

/** Sent to the readers of the moment and not kept. */
export type LiveEvent =
  | ({
      readonly type: "stream_start"
      readonly agent_profile_pic: string | null
      readonly response_text: string
      readonly thinking_text: string
    } & TurnRef &
      AgentNames)
  /** `offset` counts the UTF-16 units of this turn's text (or thinking) that came before. */
  | ({ readonly type: "content_delta" | "thinking_delta"; readonly delta: string; readonly offset: number } & TurnRef)
  /** The provider cannot be asked yet; null when it is being asked. */
  | ({ readonly type: "turn_waiting"; readonly waiting: Waiting | null } & TurnRef)
  /** Reaches those who follow all rooms. */
  | { readonly type: "room_created"; readonly room: RoomRow }
  | { readonly type: "room_deleted" }

/** An event as its readers get it. */
export type Placed<Event> = Event & { readonly room_id: RoomId }

/** What a stream tells its reader of itself. */
export type Notice =
  /** The position asked for is not kept: read the room (or all) again, then go on after `after`. */
  | { readonly type: "reset"; readonly after: number }
  /** The rooms that a stream of all rooms begins with, in parts; a room that none of them names is gone. */
  | { readonly type: "rooms"; readonly ids: ReadonlyArray<RoomId>; readonly more: boolean }
  /** The login that opened the stream is over, and with it the stream: it opens again only under another. */
  | { readonly type: "login_ended"; readonly reason: LoginEnd }
