import { Effect } from "effect"
import { connect, createServer, type Socket } from "node:net"

/** Stands before a server, passes on what both say, and cuts the line once the server has said this. */
export const until = (url: string, said: string) => {
  const { hostname, pathname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let heard = ""
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket))
    }
    client.pipe(upstream)
    upstream.on("data", (bytes) => {
      heard += bytes.toString("latin1")
      if (!heard.includes(said)) return void client.write(bytes)
      upstream.destroy()
      client.end(bytes)
    })
    upstream.on("end", () => client.end())
  })
  const listening = Effect.async<string>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const own = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed(`http://127.0.0.1:${own}${pathname}`))
    })
  })
  return Effect.acquireRelease(listening, () =>
    Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
  )
}
