import { Effect } from "effect"
import type { Call, Content, Cost, Cut, Piece, Place, Reply } from "./Protocol.ts"

/** What every answer costs. */
export const usage: Cost = {
  input_tokens: 10,
  output_tokens: 7,
  cache_read_input_tokens: 3,
  cache_creation_input_tokens: 4
}

export const text = (...pieces: ReadonlyArray<Piece>): Content => ({ kind: "text", name: "", id: null, pieces })

export const thinking = (...pieces: ReadonlyArray<Piece>): Content => ({ kind: "thinking", name: "", id: null, pieces })

/** Calls one of our tools; `pieces` are parts of its input as JSON. */
export const toolUse = (name: string, ...pieces: ReadonlyArray<Piece>): Content => ({
  kind: "tool",
  name,
  id: null,
  pieces
})

export const withId = (id: string, content: Content): Content => ({ ...content, id })

/** Streams an answer, event by event. What stands between the contents is waited for. */
export const answer = (...contents: ReadonlyArray<Content | Effect.Effect<void, Cut>>): Reply =>
  answerCosting(usage, ...contents)

export const answerCosting =
  (cost: Cost, ...contents: ReadonlyArray<Content | Effect.Effect<void, Cut>>): Reply =>
  (response, call) =>
    Effect.gen(function* () {
      const blocks = contents.filter((content): content is Content => !Effect.isEffect(content))
      begin(response)
      for (const frame of call.wording.begin(call, cost)) response.write(frame)
      let index = 0
      for (const content of contents) {
        yield* Effect.isEffect(content) ? content : stream(response, call, content, placeOf(blocks, index++))
      }
      for (const frame of call.wording.end(blocks, cost)) response.write(frame)
      response.end()
    }).pipe(Effect.catchTag("Cut", ({ end }) => end(response, call)))

/** All of an answer but its last event. */
export const almost =
  (...blocks: ReadonlyArray<Content>): Reply =>
  (response, call) =>
    answer(
      ...blocks,
      Effect.suspend(() => {
        for (const frame of call.wording.end(blocks, usage).slice(0, -1)) response.write(frame)
        return Effect.never
      })
    )(response, call)

const placeOf = (blocks: ReadonlyArray<Content>, index: number): Place => ({
  index,
  nth: blocks.slice(0, index).filter(({ kind }) => kind === blocks[index]?.kind).length
})

export const begin = (response: Parameters<Reply>[0]) =>
  response.writeHead(200, { "content-type": "text/event-stream" })

const stream = Effect.fnUntraced(function* (
  response: Parameters<Reply>[0],
  call: Call,
  content: Content,
  place: Place
) {
  const { wording } = call
  for (const frame of wording.open(call, content, place)) response.write(frame)
  for (const piece of content.pieces) {
    if (typeof piece === "string") response.write(wording.delta(content, place, piece))
    else yield* piece
  }
  for (const frame of wording.close(content, place)) response.write(frame)
})
