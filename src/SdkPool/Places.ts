import { Deferred, Exit } from "effect"
import type { Seat } from "../domain/Provider.ts"
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
  /** The client is to be closed when the claim ends. */
  doomed: boolean
}

export interface Waiter {
  readonly seat: Seat
  readonly claim: Deferred.Deferred<Claim>
}

/** Who may work where, and who comes next. Every change is one synchronous step. */
export const make = (capacity: number) => {
  const places = new Set<Place>() // longest idle first
  const queue = new Set<Waiter>()
  for (let n = 0; n < capacity; n++) places.add({ client: undefined, claim: undefined })

  const take = (place: Place, seat: Seat, phase: Claim["phase"]) =>
    (place.claim = { place, seat, phase, doomed: false })

  const find = ({ key }: Seat) => {
    const all = Array.from(places)
    if (all.some(({ claim, client }) => claim && (claim.seat.key === key || client?.seat.key === key))) return undefined
    const free = all.filter(({ claim }) => claim === undefined)
    return free.find(({ client }) => client?.seat.key === key) ?? free.find(({ client }) => !client) ?? free[0]
  }

  /** Serves all who can be served, the longest waiting first; who waits for a busy seat holds up nobody else. */
  const serve = () => {
    for (const waiter of queue) {
      const place = find(waiter.seat)
      if (place === undefined) continue
      queue.delete(waiter)
      Deferred.unsafeDone(waiter.claim, Exit.succeed(take(place, waiter.seat, "opening")))
    }
  }

  const leave = (claim: Claim) => {
    claim.place.claim = undefined
    serve()
  }

  return {
    places,
    queue,
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
    /** Claims the places of idle clients, to close them. */
    seize: (isDue: (client: Client) => boolean) =>
      Array.from(places).flatMap((place) => {
        const { claim, client } = place
        return claim === undefined && client !== undefined && isDue(client) ? [take(place, client.seat, "closing")] : []
      })
  }
}
