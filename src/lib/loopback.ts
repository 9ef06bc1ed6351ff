const names = new Set(["127.0.0.1", "::1", "localhost"])

/** Whether who listens there can be reached from this machine alone. */
export const isLoopback = (host: string) => names.has(host)
