import type { Image } from "../../domain/Image.ts"
import type { Message } from "../../domain/Message.ts"

export type NewMessage = Pick<
  Message,
  | "room_id"
  | "agent_id"
  | "agent_name"
  | "agent_display_name"
  | "role"
  | "participant_type"
  | "participant_name"
  | "content"
  | "thinking"
  | "provider"
  | "timestamp"
  | "finish"
> & {
  readonly partial: boolean
  readonly idempotency_key: string | null
  /** Only named here, under the keys that they are stored with. */
  readonly images?: ReadonlyArray<Image>
}
