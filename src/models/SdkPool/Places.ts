import { Deferred, Exit } from "effect"
import type { Priority, Seat } from "../../domain/Provider.ts"
import type { Client } from "./Client.ts"

/** Room for one client. Free when nobody claims it, whether a client idles in it or not. */
export interface Place {
  client: Client | undefined
  claim: Claim | undefined
}

/** The right to work in a place, for a seat. While it lasts, nobody else works for that seat, or in that place. */
export interface Claim {
  readonly place: Place
  readonly seat: Seat
  phase: "opening" | "leased" | "closing"
  /** The client that it brings forth is to be closed when the claim ends. */
  doomed: boolean
}

export interface Waiter {
  readonly seat: Seat
  readonly priority: Priority
  readonly claim: Deferred.Deferred<Claim>
  /** What it has been given. */
  served: Claim | null
}

const priorities: ReadonlyArray<Priority> = ["person", "agents"]

/** Who may work where, and who comes next. Every change is one synchronous step. */
export const make = (capacity: number) => {
  const places = new Set<Place>() // longest idle first
  const queue = new Set<Waiter>()
  let free = capacity
  for (let n = 0; n < capacity; n++) places.add({ client: undefined, claim: undefined })

  const take = (place: Place, seat: Seat, phase: Claim["phase"]) => {
    free--
    return (place.claim = { place, seat, phase, doomed: false })
  }

  const isOf = ({ claim, client }: Place, { key }: Seat) => claim?.seat.key === key || client?.seat.key === key

  /** That of the seat's own client, else an empty one, else that of the client idle for longest. */
  const find = (seat: Seat) => {
    if (free === 0) return undefined
    let own: Place | undefined
    let empty: Place | undefined
    let oldest: Place | undefined
    for (const place of places) {
      const isOwn = isOf(place, seat)
      if (place.claim !== undefined) {
        if (isOwn) return undefined
      } else if (place.client === undefined) empty ??= place
      else {
        if (isOwn) own ??= place
        oldest ??= place
      }
    }
    return own ?? empty ?? oldest
  }

  /**
   * Serves all who can be served: persons first, and of them the longest waiting; who waits for a busy seat holds up
   * nobody else.
   */
  const serve = () => {
    for (const priority of priorities) {
      for (const waiter of queue) {
        const place = waiter.priority === priority ? find(waiter.seat) : undefined
        if (place === undefined) continue
        queue.delete(waiter)
        waiter.served = take(place, waiter.seat, "opening")
        Deferred.unsafeDone(waiter.claim, Exit.succeed(waiter.served))
      }
    }
  }

  const leave = (claim: Claim) => {
    claim.place.claim = undefined
    free++
    serve()
  }

  return {
    places,
    queue,
    /** Whether a client of the seat is there, or somebody works for it. */
    has: (seat: Seat) => {
      for (const place of places) if (isOf(place, seat)) return true
      return false
    },
    /** Joins the queue; whoever can be served has a claim when this returns. */
    ask: (waiter: Waiter) => {
      queue.add(waiter)
      serve()
    },
    leave,
    /** Leaves with the client staying behind, as the one idle for the shortest time. */
    shelve: (claim: Claim) => {
      places.delete(claim.place)
      places.add(claim.place)
      leave(claim)
    },
    /** The client of a claimed place is gone: its seat may have another. */
    vacate: (place: Place) => {
      place.client = undefined
      serve()
    },
    /** A place that nobody misses, for a seat that has no client; none while somebody waits. */
    spare: (seat: Seat): Claim | undefined => {
      const place = queue.size > 0 ? undefined : find(seat)
      return place === undefined || place.client !== undefined ? undefined : take(place, seat, "opening")
    },
    /** Claims the places of idle clients, to close them. */
    seize: (isDue: (client: Client) => boolean) =>
      Array.from(places).flatMap((place) => {
        const { claim, client } = place
        return claim === undefined && client !== undefined && isDue(client) ? [take(place, client.seat, "closing")] : []
      })
  }
}
