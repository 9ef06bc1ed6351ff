// What the operating system tells of a process.
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"

/** Without /proc only wall time can be compared. */
export const hasCpuTimes = existsSync("/proc/self/stat")

const ticksPerSecond = hasCpuTimes ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : 100

/** User and system time of the process so far, in microseconds. */
export const cpuOf = (pid) => {
  if (!hasCpuTimes) return Number.NaN
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6
}

/** Resident memory in megabytes. */
export const memoryOf = (pid) => {
  if (existsSync(`/proc/${pid}/status`)) {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024
  }
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) / 1024
}

/** Of the process and of those that it has started. */
export const familyMemoryOf = (pid) => {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,rss="], { encoding: "utf8" })
  const rows = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
  return rows.filter(([own, parent]) => own === pid || parent === pid).reduce((sum, [, , rss]) => sum + rss / 1024, 0)
}

/** Runs the work and tells what it cost the process, for each of the things that it counts. */
export const costing = async (pid, work) => {
  const before = cpuOf(pid)
  const { count, ms, ...rest } = await work()
  return { cpu: (cpuOf(pid) - before) / count, perSecond: (count / ms) * 1000, count, ...rest }
}

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** What one in twenty is slower than. */
export const slowest = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)]
