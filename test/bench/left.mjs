// A start after a server was killed while each of a thousand rooms was answering.
import { cpSync, rmSync } from "node:fs"
import * as House from "./house.mjs"
import { inOrder, numbers } from "./lists.mjs"
import { cpuOf, memoryOf } from "./machine.mjs"
import { newRoom, onlyWall, pause } from "./parts.mjs"

const slow = { SCRIPTED_PACE_MS: "10000" }

const measure = async (folder) => {
  const house = await House.start(folder, slow)
  const cpu = cpuOf(house.pid)
  await pause(5000)
  const memory = memoryOf(house.pid)
  process.kill(house.pid, "SIGKILL")
  return { cpu, memory, readyMs: house.readyMs }
}

/** The time until the port is open and the memory five seconds later, and both of a server that was left nothing. */
export const left = async (stage) => {
  const [killed, folder, idle] = [`${stage.folder}-killed`, `${stage.folder}-left`, `${stage.folder}-idle`]
  const house = await House.start(killed, slow)
  const [echo] = await house.send("GET", "/agents")
  await inOrder(numbers(1000), async (number) => {
    const room = await newRoom(house, `room ${number}`)
    await house.send("POST", `${room}/agents/${echo.id}`)
    await house.send("POST", `${room}/messages/send`, { content: "Hello, Echo." })
  })
  process.kill(house.pid, "SIGKILL")
  return async () => {
    rmSync(folder, { recursive: true, force: true })
    cpSync(killed, folder, { recursive: true })
    const ours = await measure(folder)
    const ceiling = await measure(idle)
    return {
      ours: { cpu: ours.cpu, wall: ours.readyMs },
      ceiling: { cpu: ceiling.cpu, wall: ceiling.readyMs },
      beside: { leftMemory: { ours: onlyWall(ours.memory), ceiling: onlyWall(ceiling.memory) } }
    }
  }
}
