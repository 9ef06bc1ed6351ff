import { configDefaults, defineConfig } from "vitest/config"

// These start the Claude client's own program again and again, which takes most of a second each time.
const withClaude = ["test/{Sessions,Providers/Claude}.test.ts", "test/{Sessions,Providers/Claude}/**/*.test.ts"]

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "parley",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...withClaude]
        }
      },
      { extends: true, test: { name: "claude", include: withClaude } }
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
