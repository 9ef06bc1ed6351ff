import { OpenApi } from "@effect/platform"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Api } from "../../../src/features/Api.ts"
import type { Target } from "./Requests.ts"

const document = OpenApi.fromApi(Api)
const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false })
ajv.addSchema({ $id: "parley", components: document.components })

const absolute = (json: unknown): object =>
  JSON.parse(JSON.stringify(json).replaceAll('"#/components/', '"parley#/components/'))

const operationOf = ({ method, template }: Target) => {
  const item = Object.entries(document.paths).find(([path]) => path === template)?.[1]
  return Object.entries(item ?? {}).find(([name]) => name.toUpperCase() === method)?.[1]
}

/** What the contract's document promises of a route: null where the answer keeps it, else what is wrong. */
export const promisesOf = (target: Target) => {
  const operation = operationOf(target)
  if (operation === undefined) return () => "is not in the document"
  const checks = new Map(
    Object.entries(operation.responses).map(([status, response]) => {
      const schema = response.content?.["application/json"]?.schema
      return [status, schema === undefined ? null : ajv.compile(absolute(schema))] as const
    })
  )
  return (status: number, type: string, body: unknown): string | null => {
    const check = checks.get(String(status))
    if (check === undefined) return `answers ${status}, of which the document says nothing`
    if (check === null || !type.startsWith("application/json")) return null
    return check(body) ? null : `answers ${status} with another shape: ${ajv.errorsText(check.errors)}`
  }
}
