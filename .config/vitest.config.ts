import { configDefaults, defineConfig } from "vitest/config"

// These start the Claude client's own program again and again, which takes most of a second each time.
const withClaude = [
  "test/{house/Sessions,models/Providers/Claude}.test.ts",
  "test/{house/Sessions,models/Providers/Claude}/**/*.test.ts"
]

// These start a server's own process, or the command, for each test.
const processes = ["test/house/{Process,Ground}/**/*.test.ts", "test/house/Nix.test.ts"]

// These kill, starve and lock real servers: each takes seconds.
const faults = ["test/faults/**/*.test.ts"]

// These ask programs of others, which are made at the first run: minutes for some.
const jaeger = ["test/house/Jaeger.test.ts"]
const openapi = ["test/house/OpenApi.test.ts"]
const endpoints = ["test/models/Providers/servers/*.test.ts"]

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "parley",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...configDefaults.exclude,
            ...withClaude,
            ...processes,
            ...faults,
            ...jaeger,
            ...openapi,
            ...endpoints
          ]
        }
      },
      { extends: true, test: { name: "claude", include: withClaude } },
      { extends: true, test: { name: "process", include: processes, testTimeout: 60_000 } },
      { extends: true, test: { name: "faults", include: faults, testTimeout: 60_000 } },
      { extends: true, test: { name: "jaeger", include: jaeger, testTimeout: 60_000 } },
      { extends: true, test: { name: "openapi", include: openapi, testTimeout: 300_000 } },
      { extends: true, test: { name: "endpoints", include: endpoints, testTimeout: 60_000, hookTimeout: 120_000 } }
    ],
    setupFiles: ["test/support/setup.ts"],
    testTimeout: 20_000,
    maxWorkers: "100%",
    minWorkers: 1,
    // To load Effect takes a second: a file gets no process of its own.
    isolate: false,
    poolOptions: { forks: { execArgv: ["--max-semi-space-size=64"] } },
    silent: "passed-only"
  }
})
