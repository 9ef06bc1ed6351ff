import type { RoomEvent, Wire } from "../client/client.ts"
import type * as AgentDomain from "../domain/Agent.ts"
import type * as HistoryDomain from "../domain/History.ts"
import type * as MessageDomain from "../domain/Message.ts"
import type { ProviderList } from "../domain/ProviderState.ts"
import type * as RoomDomain from "../domain/Room.ts"
import type * as SearchDomain from "../domain/Search.ts"
import { shownName, shownSpeaker } from "../domain/ShownName.ts"

// What the server tells, as it is in JSON.

export type Agent = Wire<AgentDomain.Agent>
export type Hit = Wire<SearchDomain.Hit>
export type Message = Wire<MessageDomain.Message>
export type ProviderInfo = Wire<ProviderList["providers"][number]>
export type RoomSummary = Wire<RoomDomain.RoomSummary>
export type Round = Wire<HistoryDomain.Round>
export type RoundSummary = Wire<HistoryDomain.RoundSummary>
export type Usage = Wire<HistoryDomain.Usage>

/** Whoever stands on the page: known by a name, and called the same or otherwise. */
export interface Who {
  readonly name: string
  readonly shown: string
}

/** An agent, as it is called now. */
export const whoIs = (agent: Pick<Agent, "name" | "display_name">): Who => ({
  name: agent.name,
  shown: shownName(agent)
})

/** An agent, as it was called at that time. */
export const whoWas = (it: { readonly agent_name: string; readonly agent_display_name: string | null }): Who => ({
  name: it.agent_name,
  shown: shownSpeaker(it)
})

export type { RoomEvent }
export type EventOf<Type extends RoomEvent["type"]> = Extract<RoomEvent, { readonly type: Type }>
