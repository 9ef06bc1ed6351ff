/** Images of one pixel, as base64; of the last one only the beginning. */
export const images = {
  "image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "image/gif": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
  "image/webp": "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
  "image/jpeg": "/9j/4AAQSkZJRgABAQEASABIAAD/2Q=="
} as const

export const pixel = images["image/png"]

export const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"))

/** A PNG by its beginning, of so many bytes. */
export const png = (size: number) =>
  Buffer.concat([Buffer.from(pixel, "base64").subarray(0, 8), Buffer.alloc(size - 8)])
