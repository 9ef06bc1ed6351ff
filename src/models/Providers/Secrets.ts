import { Option, Redacted } from "effect"

const secretName = /key|token|secret|password|credential/i
const login = /\/\/[^\s/@]+@/g
const keyShape = /\bsk-[\w-]{8,}/g
const longest = 300
// Shorter values are numbers and switches, such as a limit of tokens.
const shortestSecret = 8

interface Holder {
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly environment: Readonly<Record<string, string>>
}

/** Makes a text of the provider fit to show: short, on one line, and without any secret that we know. */
export const hiding = ({ apiKey, environment }: Holder) => {
  const named = Object.entries(environment).flatMap(([name, value]) => (secretName.test(name) ? [value] : []))
  return hidingAll([...Option.toArray(apiKey).map(Redacted.value), ...named])
}

/** The same, where the secrets are known one by one. */
export const hidingAll = (all: ReadonlyArray<string>) => {
  const secrets = all.filter(({ length }) => length >= shortestSecret)
  return (text: string) =>
    secrets
      .reduce((safe, secret) => safe.replaceAll(secret, "…"), text)
      .replaceAll(keyShape, "…")
      .replaceAll(login, "//…@")
      .replaceAll(/\s+/g, " ")
      .trim()
      .slice(0, longest)
}
