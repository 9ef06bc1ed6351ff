import { Context, Effect, Layer } from "effect"
import { ImageNotFound, type ImageType, Viewer } from "../../domain/Image.ts"
import type { RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import { CurrentUser, Unauthenticated } from "../../domain/User.ts"
import { Rooms } from "../Rooms.ts"
import { AttachmentRepo, type Place } from "../../store/AttachmentRepo.ts"

export interface Sight {
  readonly media_type: ImageType
  readonly sha256: string
  readonly bytes: Effect.Effect<Uint8Array, ImageNotFound>
}

/** Images as they are looked at. */
export class View extends Context.Tag("parley/features/Attachments/View")<
  View,
  {
    /** Passes whoever may enter the room, and whoever has the image's key. */
    readonly image: (
      room: RoomId,
      place: Place
    ) => Effect.Effect<Sight, ImageNotFound | RoomNotFound | RoomForbidden | Unauthenticated, Viewer>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const rooms = yield* Rooms
  const repo = yield* AttachmentRepo

  // To somebody with a wrong key, an image that is there looks like one that is not.
  const keyed = (room: RoomId, place: Place, key: string) =>
    Effect.filterOrFail(
      repo.find(room, place),
      (found) => found.key === key,
      () => ImageNotFound.of()
    ).pipe(Effect.mapError(() => Unauthenticated.of()))

  return View.of({
    image: Effect.fnUntraced(function* (room, place) {
      const viewer = yield* Viewer
      const { media_type, sha256 } =
        "key" in viewer
          ? yield* keyed(room, place, viewer.key)
          : yield* Effect.zipRight(
              Effect.provideService(rooms.access(room), CurrentUser, viewer.user),
              repo.find(room, place)
            )
      return { media_type, sha256, bytes: Effect.map(repo.content(place), ({ bytes }) => bytes) }
    })
  })
})
