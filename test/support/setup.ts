import { it, makeMethods } from "@effect/vitest"

// `layer` writes its own methods over those of the one `it` there is: the next file would be given a house that is
// closed.
makeMethods(it)
