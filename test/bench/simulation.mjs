// What a schedule of the simulation costs whoever runs the tests.
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { fileOf, onlyWall } from "./parts.mjs"

const schedules = 250

/** In a process of its own, whose start is divided among the schedules. */
export const simulation = async () => {
  let seed = 1
  return async () => {
    const args = [fileOf("../simulation/main.mjs"), "--schedules", String(schedules), "--seed", String(seed)]
    seed += schedules
    const began = performance.now()
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const seconds = Number(/([\d.]+) s of CPU/.exec(stdout)[1])
    const perSecond = (schedules / (performance.now() - began)) * 1000
    return { ours: { cpu: (seconds / schedules) * 1e6, wall: perSecond }, ceiling: onlyWall(Number.NaN) }
  }
}
