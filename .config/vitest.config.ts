import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    maxWorkers: "100%",
    minWorkers: 1,
    silent: "passed-only"
  }
})
