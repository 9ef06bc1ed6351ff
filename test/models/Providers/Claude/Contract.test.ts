import { whyNot } from "../../../support/ClaudeHouse.ts"
import { holds } from "../contract/holds.ts"
import { claude } from "../contract/wired.ts"

holds("claude, with the real client", claude, whyNot())
