import { HttpApi, OpenApi } from "@effect/platform"
import { AdminApi } from "./Admin/Api.ts"
import { AgentsApi } from "./Agents/Api.ts"
import { AttachmentsApi } from "./Attachments/Api.ts"
import { AuthApi } from "./Auth/Api.ts"
import { document, everywhere } from "./Http/Document.ts"
import { DocumentsApi } from "./Documents/Api.ts"
import { MessagesApi } from "./Messages/Api.ts"
import { RoomsApi } from "./Rooms/Api.ts"
import { RoundsApi } from "./Rounds/Api.ts"
import { SystemApi } from "./System/Api.ts"

export class Api extends HttpApi.make("parley")
  .add(SystemApi)
  .add(AuthApi)
  .add(RoomsApi)
  .add(MessagesApi)
  .add(AttachmentsApi)
  .add(DocumentsApi)
  .add(RoundsApi)
  .add(AgentsApi)
  .add(AdminApi)
  .annotate(HttpApi.AdditionalSchemas, everywhere)
  .annotate(OpenApi.Transform, document)
  .annotate(OpenApi.Title, "Parley API")
  .annotate(OpenApi.Version, "0.1.0") {}
