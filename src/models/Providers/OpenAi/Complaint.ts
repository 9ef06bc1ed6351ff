import { isComplaint } from "../Complaint.ts"
import { type Fields, isFields, items } from "../Http/Lenient.ts"

/** What an event says went wrong, in whichever place its server says it; null where nothing did. */
export const complaintIn = (event: Fields, choice: Fields, name: string): Fields | string | null => {
  const error = event["error"] ?? choice["error"]
  if (typeof error === "string" && error !== "") return error
  if (isFields(error) && Object.keys(error).length > 0) return error
  if (name === "error" || event["type"] === "error" || event["object"] === "error") return event
  return items(event["choices"]).length === 0 && isComplaint(event) ? event : null
}
