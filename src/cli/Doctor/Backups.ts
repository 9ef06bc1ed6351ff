import { FileSystem, Path } from "@effect/platform"
import { Clock, Effect } from "effect"
import * as Backup from "../../store/Backup.ts"
import { Settings } from "../../process/Settings.ts"
import { counted } from "../../lib/text.ts"
import { Doubtful, Fine } from "./Finding.ts"

const about = "backups"
const hour = 3_600_000

/** How old the newest backup is, where one is to be expected. */
export const backups = Effect.gen(function* () {
  const { BACKUP_EVERY_HOURS, DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const kept = yield* Backup.list
  const newest = kept.at(-1)
  const hours = newest === undefined ? null : Math.round(((yield* Clock.currentTimeMillis) - newest.at) / hour)
  if (hours !== null) {
    const words = `${kept.length}, the newest ${hours === 0 ? "less than an hour" : counted(hours, "hour")} old`
    const isLate = BACKUP_EVERY_HOURS > 0 && hours > 2 * BACKUP_EVERY_HOURS
    return [
      isLate ? Doubtful({ about, words: `${words}: the log says why there is no newer one` }) : Fine({ about, words })
    ]
  }
  const isNew = !(yield* Effect.orElseSucceed(fs.exists(path.join(DATA_DIR, "parley.db")), () => false))
  const place = yield* Backup.folder
  return [
    isNew || BACKUP_EVERY_HOURS > 0
      ? Fine({ about, words: `none in ${place} yet` })
      : Doubtful({ about, words: `none in ${place}, and BACKUP_EVERY_HOURS=0 takes none` })
  ]
})
