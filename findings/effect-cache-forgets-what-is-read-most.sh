#!/usr/bin/env bash
# Effect's Cache: at capacity it forgets the key that is read most, not the one whose last read is longest ago.
#
# What one would guess, and its documentation says: with a capacity of 100, a key that is read before every other read
# is loaded once and stays.
# What happens with effect 3.22.4: of 10,000 reads of that key, 5,050 load it again; with a capacity of 10, 9,955 do. Of
# a, b, a, c with a capacity of 2, a is gone. The size is never too large, and while all keys fit nothing loads twice.
# Why: a load puts its key into the order of reads as one object when it begins. The loaded entry brings another object
# with the same key, and later reads move only that one. The first keeps its place until it is the oldest, and takes the
# entry with it, however lately it was read. Each new load leaves one more behind.
# Why it matters: nothing fails, the cache is full as it should be, and its hit rate is lower than that of one that
# evicts by age. It does worst where a few keys are read all the time beside many that are read once.
#
# Seen:
#   a b a c, capacity 2: b c stay
#   10,000 reads of one key among 10,000 others, capacity 10: 9955 loads
#   10,000 reads of one key among 10,000 others, capacity 100: 5050 loads
#   10,000 reads of one key among 10,000 others, capacity 1000: 55 loads
#   100 keys read 20 times, capacity 100: 100 loads
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact effect@3.22.4 >/dev/null
cat >look.mjs <<'JS'
import { Cache, Effect } from "effect"

const make = Effect.fnUntraced(function* (capacity) {
  const loads = new Map()
  const lookup = (key) => Effect.sync(() => loads.set(key, (loads.get(key) ?? 0) + 1))
  const cache = yield* Cache.make({ capacity, timeToLive: "1 hour", lookup })
  return { cache, loads }
})

const look = Effect.gen(function* () {
  const few = yield* make(2)
  yield* Effect.forEach(["a", "b", "a", "c"], (key) => few.cache.get(key))
  console.log(`a b a c, capacity 2: ${(yield* few.cache.keys).sort().join(" ")} stay`)

  for (const capacity of [10, 100, 1000]) {
    const { cache, loads } = yield* make(capacity)
    for (let at = 0; at < 10_000; at++) {
      yield* cache.get("often")
      yield* cache.get(`once ${at}`)
    }
    const outcome = `capacity ${capacity}: ${loads.get("often")} loads`
    console.log(`10,000 reads of one key among 10,000 others, ${outcome}`)
  }

  const all = yield* make(100)
  for (let at = 0; at < 2000; at++) yield* all.cache.get(at % 100)
  const loads = [...all.loads.values()].reduce((sum, each) => sum + each, 0)
  console.log(`100 keys read 20 times, capacity 100: ${loads} loads`)
})
await Effect.runPromise(look)
JS
timeout 60 node look.mjs | tee seen
diff seen - <<'SEEN'
a b a c, capacity 2: b c stay
10,000 reads of one key among 10,000 others, capacity 10: 9955 loads
10,000 reads of one key among 10,000 others, capacity 100: 5050 loads
10,000 reads of one key among 10,000 others, capacity 1000: 55 loads
100 keys read 20 times, capacity 100: 100 loads
SEEN
