#!/usr/bin/env bash
# V8: to move a key to the end of a Map takes longer each time it moves.
#
# What one would guess: `map.delete(key); map.set(key, value)`, the usual step of a cache that gives up what was used
# longest ago, takes the same short time for every key, in a large Map as in a small one.
# What happens with Node 24.21.0 (V8 13.6): in a Map of 70,000 keys, 50,000 moves of one and the same key take more
# than a hundred times as long as one move of each of 50,000 keys. Every move of the key is slower than the one before.
# Why: a deleted entry stays in its bucket until V8 makes the table anew, which it does when the table is full. All
# former places of a key are in one bucket, and `set` walks over them to see that the key is not there. So a Map with
# much free room suffers most, and one with a few keys hardly at all.
# Why it matters: the key that moves most often is the one that the cache is there for. A microbenchmark that reads keys
# by turns or at random, or a small cache, does not show it. A list of linked entries beside the Map has no such cost.
#
# Seen:
#   one key takes more than 20 times as long as many keys: true
#   its last 1,000 moves take more than 10 times as long as its first: true
#   more than 20 times, in a Map of 100 keys: false
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact node@24.21.0 >/dev/null
cat >look.mjs <<'JS'
const moves = 50_000

// How long each thousand moves takes, in milliseconds; the key of each move is told by its number.
const move = (size, keyOf) => {
  const map = new Map(Array.from({ length: size }, (_, at) => [`key ${at}`, at]))
  const keys = Array.from({ length: moves }, (_, at) => `key ${keyOf(at)}`)
  const taken = []
  for (let at = 0; at < moves; at += 1000) {
    const begin = performance.now()
    for (const key of keys.slice(at, at + 1000)) {
      map.delete(key)
      map.set(key, at)
    }
    taken.push(performance.now() - begin)
  }
  return taken
}
// The median: another program may hold up a few of them.
const usual = (taken) => taken.toSorted((one, other) => one - other)[taken.length / 2]

// V8 compiles the loop first.
move(70_000, (at) => at)
const many = move(70_000, (at) => at)
const one = move(70_000, () => 7)
const few = { many: move(100, (at) => at % 100), one: move(100, () => 7) }
const longer = usual(one) / usual(many)
console.error(`1,000 moves: of many keys ${usual(many).toFixed(2)} ms, of one key ${usual(one).toFixed(2)} ms`)
console.log(`one key takes more than 20 times as long as many keys: ${longer > 20}`)
console.log(`its last 1,000 moves take more than 10 times as long as its first: ${one.at(-1) > 10 * one[0]}`)
console.log(`more than 20 times, in a Map of 100 keys: ${usual(few.one) / usual(few.many) > 20}`)
JS
timeout 60 node_modules/.bin/node look.mjs | tee seen
diff seen - <<'SEEN'
one key takes more than 20 times as long as many keys: true
its last 1,000 moves take more than 10 times as long as its first: true
more than 20 times, in a Map of 100 keys: false
SEEN
