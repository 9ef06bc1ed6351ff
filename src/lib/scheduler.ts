import { type Fiber, FiberRef, type Scheduler } from "effect"
import { performance } from "node:perf_hooks"

/** How long fibers may hold the event loop at a time, in milliseconds; and while connections come. */
const longest = 10
const shortest = 0.1

/** How long, at most, what waits to begin lets connections go first, in milliseconds. */
const patience = 500

const mostOps = 2048

/** Of so many tasks one is of a fiber that begins, as long as one waits. */
const share = 16
const atTheBegin = 1

interface Link {
  readonly task: Scheduler.Task
  next: Link | null
}

interface Queue {
  first: Link | null
  last: Link | null
}

const enqueue = (queue: Queue, task: Scheduler.Task) => {
  const link: Link = { task, next: null }
  if (queue.last === null) queue.first = link
  else queue.last.next = link
  queue.last = link
}

const dequeue = (queue: Queue) => {
  if (queue.first === null) return undefined
  const { next, task } = queue.first
  queue.first = next
  if (next === null) queue.last = null
  return task
}

/** What goes on comes before what begins, so that much that comes at once is not all under way at once. */
const line = () => {
  const going: Queue = { first: null, last: null }
  const beginning: Queue = { first: null, last: null }
  let taken = 0
  return {
    add: (task: Scheduler.Task, priority: number) => enqueue(priority < atTheBegin ? going : beginning, task),
    take: () => {
      taken = (taken + 1) % share
      return taken === 0 ? (dequeue(beginning) ?? dequeue(going)) : (dequeue(going) ?? dequeue(beginning))
    },
    takeGoing: () => dequeue(going),
    isToBegin: () => beginning.first !== null
  }
}

/**
 * Runs all fibers in one line, and gives the event loop back after some milliseconds, whatever is still in it: sockets
 * and timers have their turn between. The library's own scheduler comes back to the loop only when no fiber has
 * anything to do, because it has a line for each fiber and empties all of them in microtasks.
 */
export class TurnScheduler implements Scheduler.Scheduler {
  private readonly tasks = line()
  /** When this turn of the event loop has lasted long enough; null in one in which no fiber has run. */
  private end: number | null = null
  private slice = longest
  /** Whether a connection came in this turn. */
  private hasCome = false
  /** Whether connections go first: one came in this turn, or in the last. */
  private isCrowded = false
  /** Since when what waits to begin has let connections go first. */
  private heldSince: number | null = null
  private isDraining = false
  private isScheduled = false
  private readonly now: () => number
  private readonly nextTurn: (run: () => void) => void

  constructor(now: () => number = () => performance.now(), nextTurn: (run: () => void) => void = setImmediate) {
    this.now = now
    this.nextTurn = nextTurn
  }

  /**
   * To be called when a connection comes. Node takes one in a turn of the loop: the others wait for the next turns.
   * Until there is a turn without one, nothing that is in the line begins, as long as patience allows.
   */
  readonly hurry = () => {
    this.hasCome = true
    this.isCrowded ||= this.isPatient()
    const soon = this.now() + shortest
    if (this.end === null) this.begin(soon)
    else this.end = Math.min(this.end, soon)
    this.slice = shortest
  }

  // A fiber that is started past the line waits when time is up; one that is resumed always does something.
  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>) {
    if (fiber.currentOpCount > mostOps) return fiber.getFiberRef(FiberRef.currentSchedulingPriority)
    return fiber.currentOpCount === 1 && !this.isDraining && this.isOver() ? atTheBegin : false
  }

  scheduleTask(task: Scheduler.Task, priority: number) {
    this.tasks.add(task, priority)
    if (this.isScheduled) return
    this.isScheduled = true
    // When time is up, the turn's end goes on with it.
    if (!this.isOver()) queueMicrotask(this.drain)
  }

  /** Runs it at once; while connections come, when they have come. */
  readonly afterConnections = (task: Scheduler.Task) => (this.isCrowded ? this.scheduleTask(task, atTheBegin) : task())

  private begin(end: number) {
    this.end = end
    this.slice = longest
    this.nextTurn(this.turnOver)
  }

  private isOver() {
    const now = this.now()
    if (this.end !== null) return now >= this.end
    this.begin(now + this.slice)
    return false
  }

  private isPatient() {
    return this.heldSince === null || this.now() - this.heldSince < patience
  }

  private readonly turnOver = () => {
    this.end = null
    if (!this.tasks.isToBegin()) this.heldSince = null
    else if (this.isCrowded) this.heldSince ??= this.now()
    this.isCrowded = this.hasCome && this.isPatient()
    this.hasCome = false
    if (this.isScheduled) this.drain()
    // Somebody must see that the next turn has none.
    else if (this.isCrowded) this.isOver()
  }

  private readonly drain = () => {
    this.isDraining = true
    try {
      while (!this.isOver()) {
        const task = this.isCrowded ? this.tasks.takeGoing() : this.tasks.take()
        if (task === undefined) {
          this.isScheduled = this.tasks.isToBegin()
          return
        }
        task()
      }
    } finally {
      this.isDraining = false
    }
  }
}
