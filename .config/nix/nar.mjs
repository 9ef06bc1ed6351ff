import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The hash by which Nix knows a file or folder: SHA-256 of its Nix archive, as a subresource integrity. */
export const narHash = (path) => {
  const hash = createHash("sha256")
  const put = (value) => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(bytes.length))
    hash
      .update(length)
      .update(bytes)
      .update(Buffer.alloc(-bytes.length & 7))
  }
  const putAll = (...values) => values.forEach(put)
  const node = (file) => {
    const stat = fs.lstatSync(file)
    putAll("(", "type")
    if (stat.isSymbolicLink()) putAll("symlink", "target", fs.readlinkSync(file))
    else if (stat.isDirectory()) {
      put("directory")
      const names = fs.readdirSync(file).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      for (const name of names) {
        putAll("entry", "(", "name", name, "node")
        node(join(file, name))
        put(")")
      }
    } else {
      put("regular")
      if (stat.mode & 0o100) putAll("executable", "")
      putAll("contents", fs.readFileSync(file))
    }
    put(")")
  }
  put("nix-archive-1")
  node(path)
  return `sha256-${hash.digest("base64")}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(narHash(process.argv[2]))
