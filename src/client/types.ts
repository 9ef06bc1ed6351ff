import type { HttpApi, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import type { Brand } from "effect"
import type { Api } from "../features/Api.ts"

/** A value as it is in JSON: an id is a number, a time a text. */
export type Wire<T> =
  T extends Brand.Brand<string | symbol>
    ? Brand.Brand.Unbranded<T>
    : T extends string | number | boolean | null | undefined
      ? T
      : { readonly [K in keyof T]: Wire<T[K]> }

type Groups = typeof Api extends HttpApi.HttpApi<infer _Id, infer Groups, infer _E, infer _R> ? Groups : never

type Named<Name extends string, T> = [T] extends [never] | [void] ? unknown : { readonly [K in Name]: Wire<T> }

/** What a call takes; everything that the contract lets be left out can be. */
type Needs<Path, UrlParams, Payload, Headers> = Named<"path", Path> &
  (object extends UrlParams ? Partial<Named<"urlParams", UrlParams>> : Named<"urlParams", UrlParams>) &
  (object extends Headers ? Partial<Named<"headers", Headers>> : Named<"headers", Headers>) &
  Named<"payload", Payload>

export interface Settings {
  readonly signal?: AbortSignal
}

/** A call whose answer is no JSON gives the response as it is. */
type Answer<Success> = Success extends string | Uint8Array ? Response : Wire<Success>

type Call<Endpoint> =
  Endpoint extends HttpApiEndpoint.HttpApiEndpoint<
    infer _Name,
    infer _Method,
    infer Path,
    infer UrlParams,
    infer Payload,
    infer Headers,
    infer Success,
    infer _Error,
    infer _R,
    infer _RE
  >
    ? object extends Needs<Path, UrlParams, Payload, Headers>
      ? (request?: Needs<Path, UrlParams, Payload, Headers> & Settings) => Promise<Answer<Success>>
      : (request: Needs<Path, UrlParams, Payload, Headers> & Settings) => Promise<Answer<Success>>
    : never

type Calls<Endpoints extends HttpApiEndpoint.HttpApiEndpoint.Any> = {
  readonly [Name in HttpApiEndpoint.HttpApiEndpoint.Name<Endpoints>]: Call<
    HttpApiEndpoint.HttpApiEndpoint.WithName<Endpoints, Name>
  >
}

/** Every route of the contract, by its group and its name. */
export type Routes = {
  readonly [Name in HttpApiGroup.HttpApiGroup.Name<Groups>]: Calls<
    HttpApiGroup.HttpApiGroup.EndpointsWithName<Groups, Name>
  >
}
