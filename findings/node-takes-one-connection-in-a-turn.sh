#!/usr/bin/env bash
# Node: a turn of the event loop takes one new connection, however many wait.
#
# What one would guess: the loop empties the queue of the listening socket, as it reads all sockets that have something
# to read. When 50 clients have connected while the server was busy, its next turn has 50 events `connection`.
# What happens with Node 24.21.0 (Linux): 50 turns, one connection in each. Requests on connections that are open are
# read in one turn, all 50 of them.
# Why: libuv calls accept() once for each look at the socket (https://github.com/libuv/libuv/pull/3696), and leaves the
# next connection to the next look. Node 20, 22 and 26 do the same.
# Why it matters: a new client waits as many turns as there are clients before it. When 2,000 come back after a restart
# and the server works 20 ms in each turn, the last of them waits 40 seconds, while whoever is in is answered in the
# next turn. A server that comes back to the loop more often takes them sooner, with the same work to do.
#
# Seen:
#   50 new connections: 50 turns, at most 1 in a turn
#   50 requests on them: 1 turn
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact node@24.21.0 >/dev/null
cat >clients.mjs <<'JS'
import { once } from "node:events"
import { existsSync, writeFileSync } from "node:fs"
import { connect } from "node:net"

const sockets = Array.from({ length: 50 }, () => connect(Number(process.argv[2]), "127.0.0.1"))
await Promise.all(sockets.map((socket) => once(socket, "connect")))
writeFileSync("connected", "")
while (!existsSync("taken")) await new Promise((resolve) => setTimeout(resolve, 10))
await Promise.all(
  sockets.map((socket) => new Promise((resolve) => socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", resolve)))
)
writeFileSync("asked", "")
JS
cat >look.mjs <<'JS'
import { fork } from "node:child_process"
import { once } from "node:events"
import { existsSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"

let turn = 0
const turns = { connection: [], request: [] }
const server = createServer((_, response) => response.end()).listen({ port: 0, host: "127.0.0.1", backlog: 100 })
for (const event of ["connection", "request"]) server.on(event, () => turns[event].push(turn))
await once(server, "listening")
const clients = fork("clients.mjs", [String(server.address().port)])

// Stays in one turn until the clients have done this.
const busyUntil = (file) => {
  while (!existsSync(file));
}
const turnsUntil = async (event) => {
  while (turns[event].length < 50) {
    await new Promise((resolve) => setImmediate(resolve))
    turn++
  }
  const each = [...new Set(turns[event])].map((one) => turns[event].filter((other) => other === one).length)
  return { turns: each.length, most: Math.max(...each) }
}

busyUntil("connected")
const connections = await turnsUntil("connection")
console.log(`50 new connections: ${connections.turns} turns, at most ${connections.most} in a turn`)
writeFileSync("taken", "")
busyUntil("asked")
const requests = await turnsUntil("request")
console.log(`50 requests on them: ${requests.turns} turn`)
clients.kill()
server.close()
server.closeAllConnections()
JS
timeout 60 node_modules/.bin/node look.mjs | tee seen
diff seen - <<'SEEN'
50 new connections: 50 turns, at most 1 in a turn
50 requests on them: 1 turn
SEEN
