import type { Persona } from "../domain/Persona.ts"
import { shownName } from "../domain/ShownName.ts"
import { systemPrompt } from "./Prompt.ts"

/** What the database keeps of an agent; `personName` is how its prompt calls a person without a name. */
export const sheetOf = (persona: Persona, personName: string) => ({
  name: persona.name,
  display_name: persona.display_name,
  group: persona.group,
  config_file: persona.config_file,
  profile_pic: persona.profile_pic,
  in_a_nutshell: persona.in_a_nutshell,
  characteristics: persona.characteristics,
  recent_events: persona.recent_events,
  is_critic: persona.is_critic,
  interrupt_every_turn: persona.interrupt_every_turn,
  priority: persona.priority,
  transparent: persona.transparent,
  final_response: persona.final_response,
  system_prompt: systemPrompt({ persona, roomMemories: [], roster: [shownName(persona)], personName, isModel: true })
})
