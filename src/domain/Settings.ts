import { Option, type ParseResult, Redacted, Schema, SchemaAST as AST } from "effect"
import { Endpoints, isAddress } from "./Endpoint.ts"
import { Passage } from "./Passage.ts"

/** Says what would have been right, and what stands there instead. */
const expects = (what: string) => ({
  message: ({ actual }: ParseResult.ParseIssue) => ({
    message: `expected ${what}, found "${show(actual)}"`,
    override: true
  })
})

const text = (about: string, fallback: string) =>
  Schema.optionalWith(Schema.NonEmptyString, { default: () => fallback }).annotations({ description: about })

const optional = (about: string) =>
  Schema.optionalWith(Schema.NonEmptyString, { as: "Option" }).annotations({ description: about })

const address = (about: string) =>
  Schema.optionalWith(
    Schema.NonEmptyString.pipe(Schema.filter(isAddress), Schema.annotations(expects("a http or https address"))),
    { as: "Option" }
  ).annotations({ description: about })

const secret = (about: string) =>
  Schema.optionalWith(Schema.Redacted(Schema.NonEmptyString), { as: "Option" }).annotations({ description: about })

// What stands there is not told: it is a secret, even a wrong one.
const hash = (about: string) =>
  Schema.optionalWith(
    Schema.Redacted(Schema.String.pipe(Schema.pattern(/^\$2[ab]\$\d\d\$[./A-Za-z0-9]{53}$/))).annotations({
      message: () => ({ message: "expected a bcrypt hash, which has 60 characters", override: true })
    }),
    { as: "Option" }
  ).annotations({ description: about })

const number = (about: string, fallback: number, min: number, max: number) =>
  Schema.optionalWith(
    Schema.NumberFromString.pipe(
      Schema.int(),
      Schema.between(min, max),
      Schema.annotations(expects(`a whole number from ${min} to ${max}`))
    ),
    { default: () => fallback }
  ).annotations({ description: about })

const ratio = (about: string, fallback: number) =>
  Schema.optionalWith(
    Schema.NumberFromString.pipe(Schema.between(0, 1), Schema.annotations(expects("a number from 0 to 1"))),
    { default: () => fallback }
  ).annotations({ description: about })

const literal = <const Values extends readonly [string, ...Array<string>]>(values: Values) =>
  Schema.Literal(...values).annotations(expects(values.join(" or ")))

const choice = <const Values extends readonly [string, ...Array<string>]>(
  about: string,
  values: Values,
  fallback: Values[number]
) => Schema.optionalWith(literal(values), { default: () => fallback }).annotations({ description: about })

const words = { true: true, yes: true, on: true, "1": true, false: false, no: false, off: false, "0": false } as const
const Flag = Schema.transform(
  Schema.Lowercase.pipe(Schema.compose(Schema.Literal("true", "yes", "on", "1", "false", "no", "off", "0"))),
  Schema.Boolean,
  { strict: true, decode: (word) => words[word], encode: (flag) => (flag ? "true" : "false") }
).annotations(expects("true or false"))

const flag = (about: string, fallback: boolean) =>
  Schema.optionalWith(Flag, { default: () => fallback }).annotations({ description: about })

const List = Schema.transform(Schema.String, Schema.Array(Schema.String), {
  strict: true,
  decode: (line) => line.split(",").flatMap((item) => item.trim() || []),
  encode: (items) => items.join(",")
})

const list = (about: string) => Schema.optionalWith(List, { default: () => [] }).annotations({ description: about })

const Prices = List.pipe(
  Schema.filter((items) => items.every((item) => /^[^=\s]+=\d+(\.\d+)?\/\d+(\.\d+)?$/.test(item))),
  Schema.annotations(expects("prices as gpt-5=1.25/10,qwen=0/0"))
)

// Whether there is such a provider is looked at when the endpoints are known too.
const Aliases = List.pipe(
  Schema.filter((items) => items.every((item) => /^[^=\s]+=[^=\s]+$/.test(item))),
  Schema.annotations(expects("names as codex=default,claude=openai"))
)

/** Every setting under the name that it has in the environment. */
export const SettingsValues = Schema.Struct({
  HOST: text("address to listen on; any address but loopback needs an API_KEY_HASH", "127.0.0.1"),
  PORT: number("port to listen on; 0 takes a free one", 8000, 0, 65_535),
  DATA_DIR: text("folder of the database, the secrets and the providers' files", "./data"),
  AGENTS_DIR: text("folder of the agents; without it and ./agents, npx parley uses DATA_DIR/agents", "./agents"),
  FRONTEND_URL: optional("one more origin from which browsers may call"),
  VERCEL_URL: optional("one more host whose https origin may call from browsers"),
  MAX_BODY_BYTES: number("largest request body in bytes; a larger one gets 413", 10_485_760, 1024, 1_073_741_824),
  MAX_IMPORT_BYTES: number(
    "largest document of a room to import, in bytes; a larger one gets 413",
    33_554_432,
    1024,
    1_073_741_824
  ),
  MAX_IMAGE_BYTES: number(
    "largest image in bytes; all images of a message must fit into its body",
    5_242_880,
    1024,
    1e9
  ),
  SHUTDOWN_SECONDS: number("seconds that running requests and turns get to end after a signal", 10, 0, 600),

  API_KEY_HASH: hash("bcrypt hash of the admin's password; without one, the first start makes a password"),
  GUEST_PASSWORD_HASH: hash("bcrypt hash of the guests' password; without it guests cannot log in"),
  ENABLE_GUEST_LOGIN: flag("whether guests may log in; false also ends their logins", true),
  JWT_SECRET: secret("key that signs tokens; without one, the first start makes a key"),

  TRUSTED_PROXY_COUNT: number(
    "proxies in front of the server; with a proxy and 0, all callers count as one address",
    0,
    0,
    10
  ),
  ALLOWED_HOSTS: list("names by which clients call the server, beside addresses and localhost"),
  RATE_LIMITS: flag("whether the server limits how often callers ask; false counts nothing", true),
  RATE_LIMIT_ADDRESS_FACTOR: number("limit of one address, as a multiple of the limit of one identity", 20, 1, 10_000),
  LOGIN_PER_MINUTE: number("login attempts per address and minute", 20, 1, 1_000_000),
  LOGIN_FAILURES_PER_MINUTE: number(
    "wrong passwords per minute, from all addresses, after which only known addresses may try",
    100,
    1,
    1e6
  ),
  POLL_PER_MINUTE: number("polls of one room per identity and minute", 360, 1, 1_000_000),
  CHATTING_PER_MINUTE: number("requests for who is speaking in one room, per identity and minute", 600, 1, 1_000_000),
  SEND_PER_MINUTE: number("messages into one room per identity and minute", 60, 1, 1_000_000),
  IMPORTS_PER_MINUTE: number("imported rooms per address and minute", 6, 1, 1_000_000),
  MAX_SOCKETS: number("open connections", 10_000, 1, 1_000_000),
  HEADERS_SECONDS: number("seconds within which the headers of a request must arrive", 20, 1, 3600),
  REQUEST_SECONDS: number("seconds within which a whole request must arrive", 60, 1, 3600),
  MAX_STREAMS: number("open event streams", 5000, 1, 1_000_000),
  MAX_STREAMS_PER_USER: number("open event streams of one identity", 500, 1, 1_000_000),

  DEFAULT_PROVIDER: optional(
    "provider of rooms that name none; else the first configured of claude, anthropic, openai, OPENAI_ENDPOINTS, scripted"
  ),
  DEFAULT_MODEL: optional("model of rooms that name none"),
  PROVIDER_ALIASES: Schema.optionalWith(Aliases, { default: () => [] }).annotations({
    description:
      "providers to use for names that Parley lacks, as codex=default,claude=openai; it refuses any other unknown name"
  }),
  ANTHROPIC_API_KEY: secret("key of the providers claude and anthropic"),
  CLAUDE_API_KEY: secret("older name of ANTHROPIC_API_KEY"),
  ANTHROPIC_BASE_URL: address("another endpoint of the Messages API"),
  CLAUDE_MODEL: text("model of the claude provider where a room names none", "sonnet"),
  USE_HAIKU: flag("use the small Claude model where a room names none", false),
  ANTHROPIC_MODEL: text("model of the anthropic provider where a room names none", "claude-sonnet-4-5"),
  OPENAI_BASE_URL: address("endpoint of the openai provider, as http://localhost:11434/v1"),
  OPENAI_API_KEY: secret("key of the openai provider; a local server needs none"),
  OPENAI_MODEL: optional(
    "model of the openai provider where a room names none; without it, the first that the endpoint lists"
  ),
  OPENAI_ENDPOINTS: Schema.optionalWith(Endpoints, { as: "Option" }).annotations({
    description:
      'further endpoints, each a provider of its own name, as [{"name":"groq","url":"https://…/v1","key":"…","model":"…","context_tokens":32768}]; key, model and context_tokens (what its models read at once, where their list does not tell) are optional'
  }),
  MAX_OUTPUT_TOKENS: number("longest answer of a model, in tokens", 8192, 1, 1_000_000),
  MAX_THINKING_TOKENS: number(
    "tokens that a Claude model may think in a turn; with 0, claude does not think and anthropic sends no budget",
    0,
    0,
    200_000
  ),
  MODEL_PRICES: Schema.optionalWith(Prices, { default: () => [] }).annotations({
    description:
      "US dollars per million tokens in and out, by the beginning of a model's name, as gpt-5=1.25/10,qwen=0/0"
  }),
  SCRIPTED_PACE_MS: number("pause between the words of the scripted provider", 25, 0, 10_000),

  AGENT_POOL_MAX_SIZE: number("open model sessions that need a process each (about 200 MB)", 16, 1, 1000),
  AGENT_CONNECTIONS: number("simultaneous turns through providers that need no process", 512, 1, 10_000),
  AGENT_POOL_LOCK_TIMEOUT: number("seconds a turn waits for a place in the pool", 30, 1, 3600),
  AGENT_POOL_MAX_WAITING: number("turns that may wait for a place in the pool", 256, 0, 100_000),
  AGENT_POOL_IDLE_SECONDS: number("seconds after which the pool closes an idle session", 600, 1, 86_400),
  AGENT_QUERY_TIMEOUT: number("seconds a provider may take to connect", 30, 1, 3600),
  FIRST_TOKEN_TIMEOUT: number("seconds from the request to the first token", 120, 1, 3600),
  IDLE_TIMEOUT: number("seconds between two tokens", 60, 1, 3600),
  TURN_TIMEOUT: number("seconds that one turn may take in all", 600, 1, 86_400),
  PROVIDER_PATIENCE_SECONDS: number(
    "seconds that a turn waits for an overloaded or rate-limited provider; 0 never waits",
    1800,
    0,
    86_400
  ),

  USER_NAME: text("name under which agents see a person without a name", "User"),
  PRIORITY_AGENTS: list("agents that speak first, in this order, whatever their priority"),
  CONTEXT_WINDOW: number(
    "newest messages that a turn sends to its agent; the prompt says how many it omits",
    100,
    1,
    10_000
  ),
  CONTEXT_BYTES: number("bytes of conversation that a turn sends to its agent", 600_000, 1000, 100_000_000),
  RECALL_MEMORY_FILE: text("name of an agent's long-term memory file, without .md", "consolidated_memory"),

  MAX_CONCURRENT_ROOMS: number("autonomous rounds at the same time", 5, 1, 1000),
  AUTONOMOUS_ROUND_SECONDS: number("seconds after which the server ends an autonomous round", 300, 1, 86_400),
  BACKUP_EVERY_HOURS: number("hours between the server's own backups; 0 takes none", 24, 0, 8760),
  BACKUP_KEEP: number("how many of the server's own backups to keep", 7, 1, 1000),
  BACKUP_DIR: optional("folder of backups; without it, backups in DATA_DIR"),
  EVENT_DAYS: number("days for which a room's log keeps events for readers that reconnect", 30, 1, 36_500),

  WRITE_QUEUE_CAPACITY: number("writes that may wait for a commit", 4096, 1, 1_000_000),
  CACHE_CAPACITY: number("entries the cache keeps", 10_000, 1, 10_000_000),
  STREAM_BUFFER_BYTES: number(
    "bytes that a stream reader may lag behind before the server disconnects it",
    1_048_576,
    4096,
    1e9
  ),

  LOG_LEVEL: choice("lowest level that is logged", ["debug", "info", "warning", "error"], "info"),
  LOG_FORMAT: choice("auto is pretty on a terminal and JSON elsewhere", ["auto", "pretty", "json"], "auto"),
  DEBUG_AGENTS: flag("log at debug level", false),
  OTEL_EXPORTER_OTLP_ENDPOINT: address("collector of traces and metrics, as http://localhost:4318"),
  METRICS_TOKEN: secret("token that may read /metrics, beside the admin's login"),
  OTEL_METRICS_EXPORTER: choice("none where the collector takes only traces, as Jaeger does", ["otlp", "none"], "otlp"),
  TRACE_SAMPLE_RATIO: ratio("share of the traces to send, from 0 to 1; an unsent trace costs almost nothing", 1),
  JAEGER_UI_URL: address("address of Jaeger for people, to link rounds to their traces, as http://localhost:16686"),

  ...Passage
})
export type SettingsValues = typeof SettingsValues.Type

/** What can change while the server runs; of all else the value at the start holds. */
export const LiveValues = SettingsValues.pick(
  "API_KEY_HASH",
  "GUEST_PASSWORD_HASH",
  "ENABLE_GUEST_LOGIN",
  "RATE_LIMITS",
  "RATE_LIMIT_ADDRESS_FACTOR",
  "LOGIN_PER_MINUTE",
  "LOGIN_FAILURES_PER_MINUTE",
  "POLL_PER_MINUTE",
  "CHATTING_PER_MINUTE",
  "SEND_PER_MINUTE",
  "IMPORTS_PER_MINUTE",
  "MAX_STREAMS",
  "MAX_STREAMS_PER_USER",
  "FIRST_TOKEN_TIMEOUT",
  "IDLE_TIMEOUT",
  "TURN_TIMEOUT",
  "PROVIDER_PATIENCE_SECONDS",
  "CONTEXT_WINDOW",
  "CONTEXT_BYTES",
  "MAX_CONCURRENT_ROOMS",
  "AUTONOMOUS_ROUND_SECONDS",
  "EVENT_DAYS",
  "LOG_LEVEL",
  "DEBUG_AGENTS",
  "TRACE_SAMPLE_RATIO",
  "JAEGER_UI_URL"
)
export type LiveValues = typeof LiveValues.Type

export type SettingName = keyof SettingsValues

/** What each setting is for. */
export const about = new Map(
  AST.getPropertySignatures(Schema.typeSchema(SettingsValues).ast).map((setting) => [
    String(setting.name),
    Option.getOrElse(AST.getDescriptionAnnotation(setting), () => "")
  ])
)

/** A value as a person may read it. */
export const show = (value: unknown): string => {
  if (Option.isOption(value)) return Option.match(value, { onNone: () => "", onSome: show })
  if (Redacted.isRedacted(value)) return "<redacted>"
  // The address of a proxy or a collector may hold a password.
  return Array.isArray(value) ? value.join(",") : String(value).replace(/\/\/[^/@\s]+@/g, "//<redacted>@")
}

/** A setting that is not as it was; secrets are told as such. One that is not `applied` waits for a restart. */
export const SettingChange = Schema.Struct({
  name: Schema.keyof(Schema.typeSchema(SettingsValues)),
  from: Schema.String,
  to: Schema.String,
  applied: Schema.Boolean
})
export type SettingChange = typeof SettingChange.Type
