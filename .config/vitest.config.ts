import { defineConfig } from "vitest/config"

// A test clock is not found in a process in which a whole house was built before.
const onTestClock = [
  "test/{Auth,Deadlines,Gates,Memory,RoomEvents,SdkPool,Tools}.test.ts",
  "test/Auth/Guesses.test.ts",
  "test/SdkPool/*.test.ts",
  "test/System/Readiness.test.ts",
  "test/Personas/Watch.test.ts",
  "test/Providers/Scripted.test.ts",
  "test/Providers/Http/*.test.ts"
]

const files = (name: string, include: Array<string>, exclude: Array<string>) => ({
  extends: true as const,
  test: { name, include, exclude }
})

export default defineConfig({
  test: {
    testTimeout: 20_000,
    maxWorkers: "100%",
    minWorkers: 1,
    // To load Effect takes a second: a file gets no process of its own.
    isolate: false,
    silent: "passed-only",
    projects: [files("time", onTestClock, []), files("house", ["test/**/*.test.ts"], onTestClock)]
  }
})
