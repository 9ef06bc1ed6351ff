import { client } from "./api.ts"
import { byId, write } from "./dom.ts"
import { makeDialog } from "./picker.ts"
import { type Agent, whoIs } from "./wire.ts"
import { doorWords } from "./words.ts"

const about = byId("retire-about", HTMLElement)

/** Asks before an agent speaks no more. */
export const makeRetirement = (retired: () => void) => {
  let agent_id = 0
  const dialog = makeDialog("retire", async () => {
    await client.agents.remove({ path: { agent_id } })
    retired()
  })
  return (agent: Agent) => {
    agent_id = agent.id
    write(about, doorWords.willRetire(whoIs(agent).shown))
    dialog.show()
  }
}
