import manifest from "../../package.json" with { type: "json" }

/** It stands in package.json alone. */
export const version = manifest.version
