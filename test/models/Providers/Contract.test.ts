import { holds } from "./contract/holds.ts"
import { scripted } from "./contract/scripted.ts"
import { anthropic, openai } from "./contract/wired.ts"

holds("scripted", scripted)
holds("anthropic", anthropic)
holds("openai", openai)
