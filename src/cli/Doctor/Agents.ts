import { Effect } from "effect"
import { Personas } from "../../personas/Personas.ts"
import { Settings } from "../../process/Settings.ts"
import { Doubtful, Fine } from "./Finding.ts"

const about = "agents"

/** Whether each agent's folder can be read. */
export const agents = Effect.gen(function* () {
  const { AGENTS_DIR } = yield* Settings
  const report = yield* Effect.flatMap(Personas, (personas) => personas.report)
  const problems = report.flatMap(({ name, problem }) => (problem === null ? [] : { name, problem }))
  const well = report.length - problems.length
  return [
    well === 0
      ? Doubtful({ about, words: `there are none in ${AGENTS_DIR}` })
      : Fine({ about, words: `${well} in ${AGENTS_DIR}` }),
    ...problems.map(({ name, problem }) => Doubtful({ about, words: `${name}: ${problem}` })),
    ...report.flatMap(({ name, warnings }) => warnings.map((it) => Doubtful({ about, words: `${name}: ${it}` })))
  ]
})
