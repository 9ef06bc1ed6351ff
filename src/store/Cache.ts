import { Context, Deferred, Effect, Exit, FiberId, Layer } from "effect"

export interface Key {
  /** What is invalidated together, such as `room:1`, which is of the kind `room`. */
  readonly group: string
  readonly name: string
}

/** A part of the cache that holds values of one type. All regions share the bound, and a group spans them all. */
export interface Region<A, E> {
  /**
   * Answers from memory, or joins the load under way, or loads. Readers of one key share one load: an interrupted one
   * is taken over by a reader who waited, a failed one fails all who waited and is not kept. Nobody sees data older
   * than an invalidation that returned before. A load must not read its own key: it would wait for itself.
   */
  readonly get: <R>(key: Key, load: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** What `get` would answer from memory; it loads nothing, and waits for nobody. */
  readonly getIfPresent: (key: Key) => A | undefined
}

export interface CacheStats {
  /** Reads that needed no load of their own. */
  readonly hits: number
  /** Loads begun. */
  readonly misses: number
  /** Loads that began before an invalidation and ended after it: answered, not kept. */
  readonly refusedFills: number
  readonly evictions: number
  readonly invalidations: number
  /** Values held now, never more than the capacity. */
  readonly entries: number
  /** The same by the kind of their groups. */
  readonly entriesOf: Readonly<Record<string, number>>
}

/** Values held of one kind. */
interface Tally {
  entries: number
}

export class Cache extends Context.Tag("parley/store/Cache")<
  Cache,
  {
    /** Makes a new region. Regions live as long as the cache: make them where a service is made. */
    readonly region: <A, E = never>() => Region<A, E>
    /** Takes effect in one step, and touches the groups' own members only. */
    readonly invalidate: (...groups: ReadonlyArray<string>) => Effect.Effect<void>
    /** All groups at once: every next read loads. */
    readonly clear: Effect.Effect<void>
    readonly stats: Effect.Effect<CacheStats>
  }
>() {
  /** A full cache gives up the value whose last read is longest ago. */
  static readonly layer = (options: { readonly capacity: number }) => Layer.sync(this, () => make(options.capacity))
}

/** A link of the ring that keeps the order of reads; alone, it is its own neighbour. */
class Link {
  older: Link = this
  newer: Link = this
  /** Takes it out of its region. */
  readonly forget: () => void
  readonly tally: Tally

  constructor(tally: Tally, forget: () => void) {
    this.tally = tally
    this.forget = forget
  }
}

class Entry<A, E> extends Link {
  value: Exit.Success<A, E> | undefined
  /** Made by the first reader who joins the load. */
  flight: Deferred.Deferred<Exit.Exit<A, E>> | undefined
}

const make = (capacity: number) => {
  const counts = { hits: 0, misses: 0, refusedFills: 0, evictions: 0, invalidations: 0, entries: 0 }
  const invalidators: Array<(groups: ReadonlyArray<string> | null) => void> = []
  // Not a Map in order of insertion: V8 walks over all former places of a key that moves often.
  const ring = new Link({ entries: 0 }, () => {})
  const tallies = new Map<string, Tally>()

  const tallyOf = (group: string) => {
    const [kind = ""] = group.split(":", 1)
    const tally = tallies.get(kind) ?? { entries: 0 }
    tallies.set(kind, tally)
    return tally
  }

  const remove = (link: Link) => {
    if (link.newer === link) return
    link.older.newer = link.newer
    link.newer.older = link.older
    link.older = link.newer = link
    counts.entries--
    link.tally.entries--
  }

  const append = (link: Link) => {
    link.newer = ring
    link.older = ring.older
    link.older.newer = ring.older = link
    counts.entries++
    link.tally.entries++
  }

  const evict = (link: Link) => {
    remove(link)
    link.forget()
    counts.evictions++
  }

  const region = <A, E>(): Region<A, E> => {
    const groups = new Map<string, Map<string, Entry<A, E>>>()

    const find = (key: Key) => groups.get(key.group)?.get(key.name)

    const enter = ({ group: label, name }: Key) => {
      const group = groups.get(label) ?? new Map<string, Entry<A, E>>()
      const entry = new Entry<A, E>(tallyOf(label), () => {
        group.delete(name)
        if (group.size === 0 && groups.get(label) === group) groups.delete(label)
      })
      groups.set(label, group.set(name, entry))
      return entry
    }

    const lead = <R>(key: Key, load: Effect.Effect<A, E, R>) => {
      counts.misses++
      const entry = enter(key)
      return Effect.flatMap(Effect.exit(load), (exit) => {
        if (Exit.isFailure(exit)) {
          entry.forget()
        } else if (find(key) === entry) {
          entry.value = exit
          append(entry)
          if (counts.entries > capacity) evict(ring.newer)
        } else {
          counts.refusedFills++
        }
        if (entry.flight !== undefined) Deferred.unsafeDone(entry.flight, Exit.succeed(exit))
        return exit
      })
    }

    const hit = (entry: Entry<A, E>) => {
      counts.hits++
      remove(entry)
      append(entry)
    }

    const join = (entry: Entry<A, E>) => Deferred.await((entry.flight ??= Deferred.unsafeMake(FiberId.none)))

    const get = <R>(key: Key, load: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.suspend(() => {
        const entry = find(key)
        if (entry?.value === undefined) return wait(key, load)
        hit(entry)
        return entry.value
      })

    const wait = <R>(key: Key, load: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.uninterruptibleMask((restore) => {
        const entry = find(key)
        if (entry === undefined) return lead(key, restore(load))
        return Effect.flatMap(restore(join(entry)), (exit) => {
          if (Exit.isInterrupted(exit)) return restore(get(key, load))
          counts.hits++
          return exit
        })
      })

    const getIfPresent = (key: Key) => {
      const entry = find(key)
      if (entry?.value === undefined) return undefined
      hit(entry)
      return entry.value.value
    }

    // A load under way keeps the map that it began in, so that what it brings is never found again.
    invalidators.push((gone) => {
      for (const label of gone ?? [...groups.keys()]) {
        groups.get(label)?.forEach(remove)
        groups.delete(label)
      }
    })
    return { get, getIfPresent }
  }

  const forget = (gone: ReadonlyArray<string> | null) =>
    Effect.sync(() => {
      counts.invalidations += gone?.length ?? 1
      for (const invalidate of invalidators) invalidate(gone)
    })

  return Cache.of({
    region,
    invalidate: (...groups) => forget(groups),
    clear: forget(null),
    stats: Effect.sync(() => ({
      ...counts,
      entriesOf: Object.fromEntries(Array.from(tallies, ([kind, { entries }]) => [kind, entries]))
    }))
  })
}
