import { performance } from "node:perf_hooks"
import { childOf } from "./calls.mjs"
import * as House from "./house.mjs"
import { cpuOf, memoryOf } from "./machine.mjs"
import { fileOf, onlyWall, pause } from "./parts.mjs"

/** From the spawn to the first answer, on a folder that is there already; the memory five seconds later. */
export const start = async (stage) => {
  const folder = `${stage.folder}-started`
  await House.start(folder).then((house) => house.stop())
  return async () => {
    const began = performance.now()
    const bare = childOf(fileOf("bare.mjs"))
    await bare.call("listen")
    const bareMs = performance.now() - began
    const bareCpu = cpuOf(bare.pid)
    const house = await House.start(folder)
    const cpu = cpuOf(house.pid)
    await pause(5000)
    const memory = { ours: onlyWall(memoryOf(house.pid)), ceiling: onlyWall(memoryOf(bare.pid)) }
    bare.stop()
    await house.stop()
    return { ours: { cpu, wall: house.readyMs }, ceiling: { cpu: bareCpu, wall: bareMs }, beside: { memory } }
  }
}
