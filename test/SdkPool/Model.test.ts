import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Arbitrary, Context, Deferred, Effect, Exit, FastCheck, Fiber, Layer, Schema, Scope, Stream, TestClock } from "effect"
import { type ProviderError, type SessionSpec, Unauthorized } from "../../src/domain/Provider.ts"
import { SdkPool } from "../../src/SdkPool.ts"
import * as Clients from "../support/Clients.ts"
import { settle } from "../support/settle.ts"

const Name = Schema.Literal("a", "b", "c", "d")
const Nth = Schema.Int.pipe(Schema.between(0, 4))
const Command = Schema.Union(
  Schema.Struct({ verb: Schema.Literal("lease"), name: Name, resume: Schema.Boolean, model: Schema.Literal("m1", "m1", "m2") }),
  Schema.Struct({ verb: Schema.Literal("open"), nth: Nth, how: Schema.Literal("well", "badly", "unauthorized") }),
  Schema.Struct({ verb: Schema.Literal("return"), nth: Nth, how: Schema.Literal("well", "unused", "fail", "without id", "badly") }),
  Schema.Struct({ verb: Schema.Literal("interrupt"), nth: Nth }),
  Schema.Struct({ verb: Schema.Literal("close"), nth: Nth }),
  Schema.Struct({ verb: Schema.Literal("evict"), name: Name }),
  Schema.Struct({ verb: Schema.Literal("pass"), ms: Schema.Literal(500, 1000, 4000) })
)
