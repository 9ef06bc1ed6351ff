// What is asked around every commit is asked without a turn of the event loop.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { readSync } from "node:fs"

/** Where SQLite has what in the index of its log (`-shm`). */
const inIndex = { page: 14, frames: 16, salts: 32, header: 48, taken: 96, tried: 128, length: 136 }
/** And in the log (`-wal`) and each of its frames, which is a page with a header. */
const inLog = { salts: 16, length: 32 }
const inFrame = { salts: 8, length: 24 }
const magics = new Set([0x377f0682, 0x377f0683])

/** Of what is not there, zeros. */
const fill = (handle: number, bytes: Buffer, at: number) =>
  void bytes.fill(0, readSync(handle, bytes, 0, bytes.length, at))

const sizeOfPage = (index: Buffer) => {
  const size = index.readUInt16LE(inIndex.page)
  return size === 1 ? 65_536 : size
}

const hasSalts = (bytes: Buffer, at: number, index: Buffer) =>
  bytes.compare(index, inIndex.salts, inIndex.salts + 8, at, at + 8) === 0

/** Looks at the log of an open database through the index that all who use it share. */
export const make = (log: number, shared: number) => {
  const [index, later] = [Buffer.alloc(inIndex.length), Buffer.alloc(inIndex.header)]
  const [header, frame] = [Buffer.alloc(inLog.length), Buffer.alloc(inFrame.length)]
  const known = { salts: Buffer.alloc(8), frames: 0, taken: Buffer.alloc(inIndex.length) }
  fill(shared, known.taken, 0)

  const frames = () => index.readUInt32LE(inIndex.frames)
  const startOf = (number: number) => inLog.length + (number - 1) * (inFrame.length + sizeOfPage(index))

  /** What was the newest frame at the last look is where it was, unless the log was begun anew. */
  const hasNewest = () => {
    if (known.frames === 0 || known.frames > frames() || !hasSalts(known.salts, 0, index)) return true
    fill(log, frame, startOf(known.frames))
    return hasSalts(frame, inFrame.salts, index)
  }

  const isAsTold = (size: number) => {
    if (frames() === 0) return true
    fill(log, header, 0)
    const isLog = magics.has(header.readUInt32BE(0)) && hasSalts(header, inLog.salts, index)
    return isLog && size >= startOf(frames() + 1) && hasNewest()
  }

  /** Another process that writes has its turn between two reads; then the index is another too. */
  const isStill = () => {
    fill(shared, later, 0)
    return later.compare(index, 0, inIndex.header) === 0
  }

  return {
    /** Reads the index; what is asked next is answered from that. */
    look: () => fill(shared, index, 0),
    /** How many pages stand in it. */
    frames,
    /** Whether the log, of this size since the last look, is what its index has of it. */
    isWhole: (size: number) => {
      if (!isAsTold(size)) return !isStill()
      index.copy(known.salts, 0, inIndex.salts, inIndex.salts + 8)
      known.frames = frames()
      return true
    },
    /**
     * Whether something was taken over from the log into the file since the last time that nobody was about it, by
     * whatever process: each notes in the index how far it means to come before it writes, and how far it came after.
     */
    isTakenOver: () => {
      const isSame = (at: number, length: number) => known.taken.compare(index, at, at + length, at, at + length) === 0
      if (isSame(inIndex.salts, 8) && isSame(inIndex.taken, 4) && isSame(inIndex.tried, 4)) return false
      const isOver = index.readUInt32LE(inIndex.taken) === index.readUInt32LE(inIndex.tried)
      if (isOver) index.copy(known.taken)
      return true
    }
  }
}
