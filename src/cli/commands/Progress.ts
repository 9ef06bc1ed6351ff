import type { Progress } from "../../store/Backup.ts"

const width = 30
const megabytes = (pages: number) => ((pages * 4096) / 2 ** 20).toFixed(1)

/** Shows how far a copy is: on a terminal in one line that is written over, elsewhere a line for each tenth. */
export const make = () => {
  const { stderr } = process
  let told = -1
  return ({ done, total }: Progress) => {
    const share = total === 0 ? 1 : done / total
    const step = Math.floor(share * (stderr.isTTY ? 100 : 10))
    if (step === told) return
    told = step
    const words = `${megabytes(done)} of ${megabytes(total)} MB`
    const bar = "#".repeat(Math.floor(share * width)).padEnd(width, ".")
    stderr.write(stderr.isTTY ? `\r[${bar}] ${words} ${done === total ? "\n" : ""}` : `${words}\n`)
  }
}
