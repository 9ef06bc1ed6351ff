import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { parse } from "yaml"
import { SettingsValues } from "../../src/domain/Settings.ts"
import { repository } from "../support/Process.ts"

const Texts = Schema.Array(Schema.String)
const optional = <A, I>(schema: Schema.Schema<A, I>, otherwise: () => A) =>
  Schema.optionalWith(schema, { default: otherwise })

const Service = Schema.Struct({
  build: Schema.optional(Schema.Struct({ context: Schema.String, dockerfile: Schema.String })),
  image: Schema.String,
  environment: optional(
    Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) }),
    (): Readonly<Record<string, string | null>> => ({})
  ),
  ports: optional(Texts, () => []),
  secrets: optional(Texts, () => []),
  volumes: optional(Texts, () => [])
})
const Compose = Schema.Struct({
  services: Schema.Record({ key: Schema.String, value: Service }),
  secrets: Schema.Record({ key: Schema.String, value: Schema.Struct({ environment: Schema.String }) }),
  volumes: Schema.Record({ key: Schema.String, value: Schema.Null })
})
const Prometheus = Schema.Struct({
  scrape_configs: Schema.NonEmptyArray(
    Schema.Struct({
      authorization: Schema.Struct({ credentials_file: Schema.String }),
      static_configs: Schema.Array(Schema.Struct({ targets: Texts }))
    })
  )
})
const Datasources = Schema.Struct({ datasources: Schema.Array(Schema.Struct({ url: Schema.String })) })
const Providers = Schema.Struct({
  providers: Schema.Array(Schema.Struct({ options: Schema.Struct({ path: Schema.String }) }))
})

const text = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${repository}/ops/${file}`))
const read = <A, I>(file: string, schema: Schema.Schema<A, I>) =>
  Effect.flatMap(text(file), (yaml) => Schema.decodeUnknown(schema)(parse(yaml)))

const isThere = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(`${repository}/ops/${path}`))

/** Where the containers listen, by the name that they have for each other. */
const ports: Readonly<Record<string, ReadonlyArray<number>>> = {
  grafana: [3000],
  jaeger: [4318, 16_686],
  parley: [8000],
  prometheus: [9090]
}
const assertListens = (url: string) => {
  const { hostname, port } = new URL(url)
  assertTrue(ports[hostname]?.includes(Number(port)) === true, `nobody listens at ${url}`)
}

const instructions = Effect.map(text("Dockerfile"), (dockerfile) =>
  dockerfile
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/\s+/))
)

describe("compose.yaml", () => {
  it.effect("gives Parley settings that there are, with values that it takes", () =>
    Effect.gen(function* () {
      const { services } = yield* read("compose.yaml", Compose)
      const environment = Object.entries(services["parley"]?.environment ?? {})

      deepStrictEqual(
        environment.filter(([name]) => !(name in SettingsValues.fields)),
        []
      )
      const given = environment.filter(([, value]) => value !== null && !value.includes(":?"))
      const settings = yield* Schema.decodeUnknown(SettingsValues)(
        Object.fromEntries(given.map(([name, value]) => [name, value?.replace(/\$\{\w+:-\}/g, "") ?? ""]))
      )
      deepStrictEqual(settings.ALLOWED_HOSTS, ["parley"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("passes on every setting of .env.example that the image does not set itself", () =>
    Effect.gen(function* () {
      const { services } = yield* read("compose.yaml", Compose)
      const passed = services["parley"]?.environment ?? {}
      const shown = Array.from((yield* text("../.env.example")).matchAll(/^#?([A-Z_]+)=/gm), ([, name = ""]) => name)

      deepStrictEqual(
        shown.filter((name) => !(name in passed)),
        ["HOST", "PORT", "DATA_DIR", "AGENTS_DIR", "BACKUP_DIR"]
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("names files, volumes and secrets that there are, and images by their version", () =>
    Effect.gen(function* () {
      const { secrets, services, volumes } = yield* read("compose.yaml", Compose)

      for (const { build, image, secrets: wanted, volumes: mounts } of Object.values(services)) {
        if (build === undefined) assertTrue(/:v?\d+\.\d+\.\d+$/.test(image), image)
        else assertTrue(yield* isThere(`${build.context}/${build.dockerfile}`))
        for (const mount of mounts) {
          const [source = ""] = mount.split(":")
          assertTrue(source.startsWith(".") ? yield* isThere(source) : source in volumes, mount)
        }
        for (const secret of wanted) assertTrue(secret in secrets, secret)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("lets nobody but this machine reach a container, at the port where it listens", () =>
    Effect.gen(function* () {
      const { services } = yield* read("compose.yaml", Compose)
      const published = Object.entries(services).flatMap(([name, service]) => service.ports.map((port) => [name, port]))

      deepStrictEqual(published.map(([name]) => name).toSorted(), Object.keys(ports).toSorted())
      for (const [name = "", port = ""] of published) {
        const [, outer, inner] = /^127\.0\.0\.1:(\d+):(\d+)$/.exec(port) ?? []
        strictEqual(outer, inner)
        assertListens(`http://${name}:${inner}`)
      }
      assertListens(services["parley"]?.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("leads Prometheus to Parley with its secret, and Grafana to Prometheus and to its dashboards", () =>
    Effect.gen(function* () {
      const { secrets, services } = yield* read("compose.yaml", Compose)
      const { scrape_configs } = yield* read("prometheus.yml", Prometheus)
      const { datasources } = yield* read("grafana/provisioning/datasources/prometheus.yaml", Datasources)
      const { providers } = yield* read("grafana/provisioning/dashboards/parley.yaml", Providers)

      for (const { authorization, static_configs } of scrape_configs) {
        deepStrictEqual(
          Object.keys(secrets).map((name) => `/run/secrets/${name}`),
          [authorization.credentials_file]
        )
        for (const target of static_configs.flatMap(({ targets }) => targets)) assertListens(`http://${target}`)
      }
      for (const { environment } of Object.values(secrets)) {
        assertInclude(services["parley"]?.environment[environment] ?? "", `\${${environment}:?`)
      }
      for (const { url } of datasources) assertListens(url)
      for (const { options } of providers) {
        assertTrue(services["grafana"]?.volumes.includes(`./grafana:${options.path}:ro`) === true, options.path)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("Dockerfile", () => {
  it.effect("takes from the repository what there is and what is sent to it, and serves as nobody's root", () =>
    Effect.gen(function* () {
      const lines = yield* instructions
      const sent = (yield* text("Dockerfile.dockerignore"))
        .split("\n")
        .flatMap((line) => line.match(/^!(.+)/)?.[1] ?? [])
      const taken = lines
        .filter(([word, option]) => word === "COPY" && !option?.startsWith("--"))
        .flatMap((line) => line.slice(1, -1))

      for (const path of [...sent, ...taken]) assertTrue(yield* isThere(`../${path}`), path)
      deepStrictEqual(
        [...new Set(taken.map((path) => (path.startsWith(".config/") ? ".config" : path)))].toSorted(),
        sent.toSorted()
      )
      deepStrictEqual(
        lines.filter(([word]) => word === "USER"),
        [["USER", "node"]]
      )
      const { HOST, PORT } = yield* Schema.decodeUnknown(SettingsValues)(
        Object.fromEntries(
          lines.filter(([word]) => word === "ENV").flatMap((line) => line.slice(1).map((pair) => pair.split("=")))
        )
      )
      deepStrictEqual([HOST, PORT], ["0.0.0.0", ports["parley"]?.[0]])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
