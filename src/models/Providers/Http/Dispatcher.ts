import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from "@effect/platform-node/Undici"
import { Option } from "effect"

export interface Proxies {
  readonly http: Option.Option<string>
  readonly https: Option.Option<string>
  readonly except: Option.Option<string>
}

// How long a turn may take is decided elsewhere, and so is whether it is tried again.
const patient: Agent.Options = {
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: { timeout: 0 },
  pipelining: 1,
  keepAliveTimeout: 30_000
}

/** Bounds no time; goes by the proxies that are named, and looks for none in the environment. */
export const dispatcherFor = ({ except, http, https }: Proxies): Dispatcher =>
  Option.isNone(http) && Option.isNone(https)
    ? new Agent(patient)
    : new EnvHttpProxyAgent({
        ...patient,
        // Empty, because the client would look into the environment for what is absent.
        httpProxy: Option.getOrElse(http, () => ""),
        httpsProxy: Option.getOrElse(https, () => ""),
        noProxy: Option.getOrElse(except, () => ""),
        proxyTls: { timeout: 0 },
        requestTls: { timeout: 0 },
        clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: 0 })
      })
