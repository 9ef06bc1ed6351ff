import { Effect } from "effect"
import * as Briefs from "./Briefs.ts"
import * as Cells from "./Cells.ts"
import * as History from "./History.ts"
import * as ModelCall from "./ModelCall.ts"
import * as Passes from "./Passes.ts"
import * as Prewarm from "./Prewarm.ts"
import * as RoundPlayer from "./RoundPlayer.ts"
import * as Turns from "./Turns.ts"
import * as TurnSetting from "./TurnSetting.ts"

/** What plays rounds, and the turns in them: each part may use those made before it. */
export const make = Effect.gen(function* () {
  const history = yield* History.make
  const briefs = yield* Briefs.make({ history })
  const turnSettings = yield* TurnSetting.make
  const prewarm = yield* Prewarm.make({ briefs, turnSettings })
  const modelCall = yield* ModelCall.make({ briefs })
  const turns = yield* Turns.make({ briefs, modelCall, prewarm, turnSettings })
  const cells = yield* Cells.make({ turns })
  const passes = yield* Passes.make
  const rounds = yield* RoundPlayer.make({ cells, passes })
  return { rounds, turns }
})
