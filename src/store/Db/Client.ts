import type * as Reactivity from "@effect/experimental/Reactivity"
import { SqlClient, SqlError, Statement } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Context, Effect, Layer, Option, Stream } from "effect"
import * as Permits from "../../lib/permits.ts"
import { Statements, type Values } from "../Statements.ts"
import type { Driver } from "./Driver.ts"

/** How many statements that are not prepared for good are kept ready; their texts vary with the number of values. */
const kept = 500

/** The last few statements by their texts. */
const remembering = ({ prepare }: Driver): Driver["prepare"] => {
  const known = new Map<string, ReturnType<Driver["prepare"]>>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const fresh = prepare(text)
    const [oldest] = known.keys()
    if (oldest !== undefined && known.size >= kept) known.delete(oldest)
    known.set(text, fresh)
    return fresh
  }
}

/** Tells what SQLite complains of. */
const overheard = ({ prepare }: Driver, heard: (error: unknown) => void): Driver => {
  const telling = <A>(work: () => A): A => {
    try {
      return work()
    } catch (error) {
      heard(error)
      throw error
    }
  }
  return {
    prepare: (text) => {
      const run = telling(() => prepare(text))
      return (values) => telling(() => run(values))
    }
  }
}

const connectionOf = (prepare: Driver["prepare"]): Connection => {
  const run = (text: string, values: ReadonlyArray<unknown>) =>
    Effect.try({
      try: () => prepare(text)(values),
      catch: (cause) => new SqlError.SqlError({ cause, message: "Failed to execute statement" })
    })
  return {
    execute: (text, values) => run(text, values),
    executeRaw: run,
    executeUnprepared: (text, values) => run(text, values),
    executeValues: () => Effect.dieMessage("rows are asked for by their columns"),
    executeStream: () => Stream.dieMessage("a statement gives all its rows at once")
  }
}

/**
 * The one connection, shared: statements and transactions have it one after the other, so that nobody reads what is not
 * committed. Whoever is interrupted while it waits leaves at once.
 */
export const over = (
  driver: Driver,
  heard: (error: unknown) => void = () => {}
): Layer.Layer<SqlClient.SqlClient | Statements, never, Reactivity.Reactivity> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const told = overheard(driver, heard)
      const permit = Permits.make(1)
      const connection = connectionOf(remembering(told))
      const acquirer = Effect.as(permit.scoped, connection)
      const client = yield* SqlClient.make({
        acquirer,
        transactionAcquirer: acquirer,
        compiler: Statement.makeCompilerSqlite(),
        spanAttributes: [["db.system.name", "sqlite"]]
      })
      /** Prepares it when it is run first: its tables may not be there before. */
      const lazily = (text: string) => {
        let run: ReturnType<Driver["prepare"]> | undefined
        return (values: ReadonlyArray<unknown>) => (run ??= told.prepare(text))(values)
      }
      const statements = Statements.of({
        prepare: (text: string) => {
          const run = lazily(text)
          return (values: Values) =>
            Effect.withFiberRuntime((fiber) => {
              // Somebody wants to see what is run: that goes the client's way.
              if (Option.isSome(fiber.getFiberRef(Statement.currentTransformer))) {
                return Effect.orDie(client.unsafe(text, [values]))
              }
              const isWithin = fiber.currentContext.unsafeMap.has(SqlClient.TransactionConnection.key)
              return isWithin || permit.isFree()
                ? Effect.succeed(run([values]))
                : permit.with(Effect.sync(() => run([values])))
            })
        },
        command: (text) => {
          const run = lazily(text)
          return () => void run([])
        },
        alone: (effect) => permit.with(Effect.provideService(effect, SqlClient.TransactionConnection, [connection, 1]))
      })
      return Context.make(SqlClient.SqlClient, client).pipe(Context.add(Statements, statements))
    })
  )
