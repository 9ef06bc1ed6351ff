/** Works something out from an object that never changes: once for each, as long as that is there. */
export const derived = <K extends object, A>(work: (from: K) => A) => {
  const known = new WeakMap<K, A>()
  return (from: K): A => {
    const found = known.get(from)
    if (found !== undefined) return found
    const fresh = work(from)
    known.set(from, fresh)
    return fresh
  }
}
