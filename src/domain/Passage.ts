import { Schema } from "effect"

const plain = (about: string) =>
  Schema.optionalWith(Schema.NonEmptyString, { as: "Option" }).annotations({ description: about })

const secret = (about: string) =>
  Schema.optionalWith(Schema.Redacted(Schema.NonEmptyString), { as: "Option" }).annotations({ description: about })

/** What the processes of the Claude provider get of the server's environment, beside the key: this and no more. */
export const Passage = {
  PATH: plain("where programs are found"),
  HTTP_PROXY: plain("proxy of the providers"),
  HTTPS_PROXY: plain("proxy of the providers"),
  NO_PROXY: plain("hosts that need no proxy"),
  NODE_EXTRA_CA_CERTS: plain("further certificates to trust"),
  SSL_CERT_FILE: plain("certificates to trust"),
  ANTHROPIC_AUTH_TOKEN: secret("token of a gateway, in place of a key"),
  CLAUDE_CODE_USE_BEDROCK: plain("1 to reach Claude through Amazon Bedrock"),
  CLAUDE_CODE_USE_VERTEX: plain("1 to reach Claude through Google Vertex AI"),
  AWS_REGION: plain("for Bedrock"),
  AWS_PROFILE: plain("for Bedrock"),
  AWS_ACCESS_KEY_ID: secret("for Bedrock"),
  AWS_SECRET_ACCESS_KEY: secret("for Bedrock"),
  AWS_SESSION_TOKEN: secret("for Bedrock"),
  AWS_BEARER_TOKEN_BEDROCK: secret("for Bedrock"),
  ANTHROPIC_VERTEX_PROJECT_ID: plain("for Vertex AI"),
  CLOUD_ML_REGION: plain("for Vertex AI"),
  GOOGLE_APPLICATION_CREDENTIALS: plain("for Vertex AI")
}
