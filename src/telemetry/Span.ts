import { Cause, type Context, Exit, Option, type Tracer } from "effect"
import { randomBytes } from "node:crypto"

export interface SpanEvent {
  readonly name: string
  readonly time: bigint
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A span that has ended, as the collector is told of it; holds nothing of what it was about. */
export interface Recorded extends Pick<Tracer.Span, "attributes" | "kind" | "name" | "spanId" | "traceId"> {
  readonly parentSpanId: string | undefined
  readonly links: ReadonlyArray<SpanLink>
  readonly events: ReadonlyArray<SpanEvent>
  readonly startTime: bigint
  readonly endTime: bigint
}

const pool = 4096
let noise = ""
let used = 0

/** Hexadecimal digits. */
const digits = (count: number) => {
  if (used + count > noise.length) {
    noise = randomBytes(pool).toString("hex")
    used = 0
  }
  return noise.slice(used, (used += count))
}

type Parent = Option.Option<Tracer.AnySpan>

const traceOf = (parent: Parent) => (Option.isSome(parent) ? parent.value.traceId : digits(32))

const nothing: ReadonlyMap<string, unknown> = new Map()
const nowhere: Tracer.SpanStatus = { _tag: "Started", startTime: 0n }

/** Has its place in a trace, and remembers nothing. */
export class Unsampled implements Tracer.Span {
  readonly _tag = "Span"
  readonly sampled = false
  readonly status = nowhere
  readonly attributes = nothing
  readonly links: ReadonlyArray<Tracer.SpanLink> = []
  readonly kind = "internal"
  readonly name: string
  readonly parent: Parent
  readonly context: Context.Context<never>
  readonly traceId: string
  readonly spanId = digits(16)

  constructor(name: string, parent: Parent, context: Context.Context<never>) {
    this.name = name
    this.parent = parent
    this.context = context
    this.traceId = traceOf(parent)
  }

  end() {}
  attribute() {}
  event() {}
  addLinks() {}
}

export class Sampled implements Tracer.Span {
  readonly _tag = "Span"
  readonly sampled = true
  readonly attributes = new Map<string, unknown>()
  private readonly events: Array<SpanEvent> = []
  readonly links: Array<Tracer.SpanLink>
  readonly kind: Tracer.SpanKind
  readonly name: string
  readonly parent: Parent
  readonly context: Context.Context<never>
  readonly traceId: string
  readonly spanId = digits(16)
  status: Tracer.SpanStatus
  private readonly ended: (span: Recorded) => void

  constructor(ended: (span: Recorded) => void, ...[name, parent, context, links, startTime, kind]: Opening) {
    this.ended = ended
    this.name = name
    this.parent = parent
    this.context = context
    this.links = links.slice()
    this.kind = kind
    this.status = { _tag: "Started", startTime }
    this.traceId = traceOf(parent)
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>) {
    const { startTime } = this.status
    this.status = { _tag: "Ended", startTime, endTime, exit }
    if (Exit.isFailure(exit)) this.fail(exit.cause, endTime)
    const { attributes, events, kind, name, spanId, traceId } = this
    const parentSpanId = Option.isSome(this.parent) ? this.parent.value.spanId : undefined
    const links = this.links.map(({ attributes, span: { spanId, traceId } }) => ({ traceId, spanId, attributes }))
    // Not the span itself: it leads to the answer of the request and to all that stood around it.
    this.ended({ traceId, spanId, parentSpanId, name, kind, attributes, events, links, startTime, endTime })
  }

  attribute(name: string, value: unknown) {
    this.attributes.set(name, value)
  }

  event(name: string, time: bigint, attributes: Readonly<Record<string, unknown>> = {}) {
    this.events.push({ name, time, attributes })
  }

  addLinks(links: ReadonlyArray<Tracer.SpanLink>) {
    this.links.push(...links)
  }

  // An error's own words may repeat what was said in a room: its kind is told, and where a defect came from.
  private fail(cause: Cause.Cause<unknown>, at: bigint) {
    if (Cause.isInterruptedOnly(cause)) return this.attribute("parley.interrupted", true)
    const error = Cause.squash(cause)
    const type = kindOf(error)
    this.attribute("error.type", type)
    if (!Cause.isDie(cause)) return
    this.event("exception", at, { "exception.type": type, "exception.stacktrace": framesOf(error) })
  }
}

type Opening = readonly [
  name: string,
  parent: Parent,
  context: Context.Context<never>,
  links: ReadonlyArray<Tracer.SpanLink>,
  startTime: bigint,
  kind: Tracer.SpanKind
]

/** Where it came from. Its message stands before that, on any number of lines. */
const framesOf = (error: unknown) => {
  if (!(error instanceof Error)) return ""
  const { message, stack = "" } = error
  const frames = stack.slice(Math.max(0, stack.indexOf(message)) + message.length).split("\n")
  return frames.filter((line) => /^ {4}at .+:\d+:\d+\)?$/.test(line)).join("\n")
}

const kindOf = (error: unknown) => {
  if (typeof error !== "object" || error === null) return typeof error
  if ("_tag" in error) return String(error._tag)
  return error instanceof Error ? error.name : "object"
}
