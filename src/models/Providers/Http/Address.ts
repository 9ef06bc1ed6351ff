/**
 * The address of a path under a base address as people copy it: with or without a slash at the end, with the whole path
 * of an operation, with a query, which then stands in every request.
 */
export const addresses =
  (base: string, ...operations: ReadonlyArray<string>) =>
  (path: string): string => {
    const url = new URL(base)
    const bare = url.pathname.replace(/\/+$/, "")
    const operation = operations.find((it) => bare.endsWith(it))
    const [pathname = "", query = ""] = path.split("?")
    url.pathname = (operation === undefined ? bare : bare.slice(0, -operation.length)) + pathname
    const more = new URLSearchParams(query)
    for (const [name, value] of more) url.searchParams.set(name, value)
    url.hash = ""
    return url.href
  }
