import { Option, Predicate, type Schema, SchemaAST } from "effect"
import { Flag } from "../../domain/Row.ts"

/** Stands for what only the schema itself can tell. */
const unread = Symbol("unread")

/** A column as its schema decodes it, or `unread`. */
type Read = (value: unknown) => unknown

const as =
  (is: (value: unknown) => boolean): Read =>
  (value) =>
    is(value) ? value : unread

const flags = new Map<unknown, boolean>([
  [0, false],
  [1, true],
  [false, false],
  [true, true]
])

const refined = (ast: SchemaAST.Refinement): Read => {
  const from = readOf(ast.from)
  return (value) => {
    const found = from(value)
    if (found === unread) return unread
    return Option.isNone(ast.filter(found, SchemaAST.defaultParseOption, ast)) ? found : unread
  }
}

const either =
  (ways: ReadonlyArray<Read>): Read =>
  (value) => {
    for (const way of ways) {
      const found = way(value)
      if (found !== unread) return found
    }
    return unread
  }

const readOf = (ast: SchemaAST.AST): Read => {
  if (ast === Flag.ast) return (value) => flags.get(value) ?? unread
  if (SchemaAST.isRefinement(ast)) return refined(ast)
  if (SchemaAST.isUnion(ast)) return either(ast.types.map(readOf))
  if (SchemaAST.isLiteral(ast)) return as((value) => value === ast.literal)
  if (SchemaAST.isStringKeyword(ast)) return as(Predicate.isString)
  if (SchemaAST.isNumberKeyword(ast)) return as(Predicate.isNumber)
  return () => unread
}

const columnsOf = ({ ast }: Schema.Schema.All) => {
  const isStruct = SchemaAST.isTypeLiteral(ast) && ast.indexSignatures.length === 0
  if (!isStruct || ast.propertySignatures.some(({ isOptional }) => isOptional)) return null
  return ast.propertySignatures.map(({ name, type }) => [name, readOf(type)] as const)
}

/**
 * Reads rows whose columns are texts, numbers, flags and nulls, as `Schema.decodeUnknown` does, at a fraction of the
 * time; none for every other row: whether it can be read, and why not, is for the schema to say.
 */
export const rowOf = <A, I>(schema: Schema.Schema<A, I>) => {
  const columns = columnsOf(schema)

  /** Whether the row could be read into this. */
  const isRead = (into: Record<PropertyKey, unknown>, row: unknown): into is Record<PropertyKey, unknown> & A => {
    if (columns === null || !Predicate.isRecord(row)) return false
    for (const [name, read] of columns) {
      const found = read(row[name.toString()])
      if (found === unread) return false
      into[name] = found
    }
    return true
  }

  return (row: unknown): Option.Option<A> => {
    const into: Record<PropertyKey, unknown> = {}
    return isRead(into, row) ? Option.some(into) : Option.none()
  }
}
