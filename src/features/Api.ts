import { HttpApi, OpenApi } from "@effect/platform"
import { AdminApi } from "./Operations/Admin/Api.ts"
import { AgentsApi } from "./Agents/Api.ts"
import { AttachmentsApi } from "./Attachments/Api.ts"
import { AuthApi } from "./Auth/Api.ts"
import { DebugApi } from "./Operations/Debug/Api.ts"
import { RowUnreadable, StorageFull, StorageUnavailable } from "../domain/Storage.ts"
import { version } from "../domain/Version.ts"
import { document, everywhere } from "./OpenApi.ts"
import { DocumentsApi } from "./Documents/Api.ts"
import { MessagesApi } from "./Messages/Api.ts"
import { RoomsApi } from "./Rooms/Api.ts"
import { StreamApi } from "./RoomStream/Api.ts"
import { RoundsApi } from "./Rounds/Api.ts"
import { SearchApi } from "./Search/Api.ts"
import { SystemApi } from "./Operations/System/Api.ts"
import { TranscriptsApi } from "./Operations/ClaudeSessions/Api.ts"

export class Api extends HttpApi.make("parley")
  .add(SystemApi)
  .add(AuthApi)
  .add(RoomsApi)
  .add(StreamApi)
  .add(MessagesApi)
  .add(SearchApi)
  .add(AttachmentsApi)
  .add(DocumentsApi)
  .add(RoundsApi)
  .add(AgentsApi)
  .add(AdminApi)
  .add(DebugApi)
  .add(TranscriptsApi)
  .addError(StorageFull)
  .addError(StorageUnavailable)
  .addError(RowUnreadable)
  .annotate(HttpApi.AdditionalSchemas, everywhere)
  .annotate(OpenApi.Transform, document)
  .annotate(OpenApi.Title, "Parley API")
  .annotate(OpenApi.Description, "Rooms in which AI agents talk with each other and with people.")
  .annotate(OpenApi.License, { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" })
  .annotate(OpenApi.Servers, [{ url: "/", description: "The server that this document comes from" }])
  .annotate(OpenApi.Version, version) {}
