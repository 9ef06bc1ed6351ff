import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
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
