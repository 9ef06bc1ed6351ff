/** Writes the GGUF form of a model, which llama.cpp and what is built on it read. */

type Value = string | number | boolean | ReadonlyArray<string> | Int32Array | Float32Array

interface Tensor {
  readonly name: string
  /** The length of a row first. */
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array
}

const alignment = 32
const types = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const

const u32 = (it: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(it)
  return bytes
}
const u64 = (it: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(it))
  return bytes
}
const f32 = (it: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(it)
  return bytes
}
const str = (it: string) => Buffer.concat([u64(Buffer.byteLength(it)), Buffer.from(it)])
const raw = (it: Int32Array | Float32Array) => Buffer.from(it.buffer, it.byteOffset, it.byteLength)

const array = (type: number, length: number, ...items: ReadonlyArray<Uint8Array>) =>
  Buffer.concat([u32(types.array), u32(type), u64(length), ...items])

const valueOf = (it: Value) => {
  if (typeof it === "string") return Buffer.concat([u32(types.string), str(it)])
  if (typeof it === "boolean") return Buffer.concat([u32(types.bool), Buffer.from([it ? 1 : 0])])
  // Every whole number of a model's description is one without a sign.
  if (typeof it === "number")
    return Number.isInteger(it)
      ? Buffer.concat([u32(types.uint32), u32(it)])
      : Buffer.concat([u32(types.float32), f32(it)])
  if (it instanceof Int32Array) return array(types.int32, it.length, raw(it))
  if (it instanceof Float32Array) return array(types.float32, it.length, raw(it))
  return array(types.string, it.length, ...it.map(str))
}

const padded = (bytes: Uint8Array) =>
  Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)])

/** The bytes of a file that describes a model so and holds these weights. */
export const write = (about: Readonly<Record<string, Value>>, tensors: ReadonlyArray<Tensor>) => {
  const entries = Object.entries(about)
  let offset = 0
  const infos = tensors.map(({ data, name, shape }) => {
    const info = Buffer.concat([str(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset)])
    offset += padded(raw(data)).length
    return info
  })
  const head = [
    Buffer.from("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries.flatMap(([name, value]) => [str(name), valueOf(value)]),
    ...infos
  ]
  return Buffer.concat([padded(Buffer.concat(head)), ...tensors.map(({ data }) => padded(raw(data)))])
}
