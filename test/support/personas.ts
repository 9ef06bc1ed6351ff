import { noChoice } from "../../src/domain/ModelChoice.ts"
import type { Persona } from "../../src/domain/Persona.ts"

export const mira: Persona = {
  name: "Mira",
  display_name: null,
  group: "harbour",
  config_file: "agents/group_harbour/Mira",
  profile_pic: null,
  in_a_nutshell: "Mira mends clocks.",
  characteristics: "Mira speaks slowly.\n\n## Lines\n\n- All in good time.",
  recent_events: null,
  memories: [],
  is_critic: false,
  interrupt_every_turn: false,
  priority: 0,
  transparent: false,
  final_response: false,
  memory_scope: "room",
  prompt: {},
  tools: {},
  choice: noChoice,
  fingerprint: ""
}
