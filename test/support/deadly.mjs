// Loaded into a server before its own code: it is killed in the moment in which it runs a certain statement.
import Database from "better-sqlite3"

const pattern = new RegExp(process.env.DEADLY_STATEMENT ?? "$^")
const wanted = JSON.parse(process.env.DEADLY_PARAMS ?? "[]")
const { prepare } = Database.prototype

/** By their places, or in one object by their names. */
const valuesOf = (params) => params.flatMap((it) => (it?.constructor === Object ? Object.values(it) : it))

Database.prototype.prepare = function (text) {
  const statement = prepare.call(this, text)
  if (!pattern.test(text)) return statement
  for (const name of ["all", "run"]) {
    const method = statement[name]
    statement[name] = function (...params) {
      if (wanted.every((value) => valuesOf(params).includes(value))) process.kill(process.pid, "SIGKILL")
      return method.apply(this, params)
    }
  }
  return statement
}
