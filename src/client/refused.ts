/** One place of a request that did not fit. */
export interface Place {
  readonly type: string
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
}

/** An answer that is an error. `body` holds the facts of its kind, as the contract names them. */
export class Refused extends Error {
  override readonly name = "Refused"
  readonly status: number
  /** The kind of error, as `RoomBusy`; empty when something between the server and here has answered. */
  readonly tag: string
  /** For people; of a request that did not fit, each place. */
  readonly detail: string | ReadonlyArray<Place>
  readonly traceId: string | null
  /** How long to wait before asking again; null when the server did not say. */
  readonly retryAfterSeconds: number | null
  readonly body: Readonly<Record<string, unknown>>

  constructor(response: Response, body: Readonly<Record<string, unknown>>) {
    const { _tag: tag, detail, trace_id } = body
    const places: ReadonlyArray<Place> = Array.isArray(detail) ? detail : []
    const words = typeof detail === "string" ? detail : places.map(({ msg }) => msg).join("; ")
    super(words || `The server answered ${response.status}`)
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
    this.status = response.status
    this.tag = typeof tag === "string" ? tag : ""
    this.detail = places.length > 0 ? places : words
    this.traceId = typeof trace_id === "string" ? trace_id : null
    this.retryAfterSeconds = Number.isNaN(seconds) ? null : seconds
    this.body = body
  }
}

export const refused = async (response: Response) => {
  const body: unknown = await response.json().catch(() => null)
  return new Refused(response, typeof body === "object" && body !== null ? { ...body } : {})
}
