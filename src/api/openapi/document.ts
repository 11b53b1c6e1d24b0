import { type Documented, TAGS } from './operations.js'
import { ERROR_RESPONSES, ERROR_SCHEMAS, HEADERS } from './responses.js'
import { type Json, sharedSchemas } from './schema.js'

const DESCRIPTION = `Hourly Kubernetes cost of CloudTuner's cloud accounts, read from what was loaded; no request waits for Thanos.

- **Time** is in Unix seconds, UTC. A window is a UTC hour; an answer is of whole windows.
- **Money** is in the currency that \`meta.currency\` names, never converted, not rounded.
- **What was not measured is null**, never 0, and named in \`meta.warnings\`; windows that are missing or in doubt are in \`meta.gaps\`, and \`meta.partial\` says whether there are any of either.
- **HEAD** gives the headers of GET everywhere; any other method is 405 (\`OE0245\`), any other path 404 (\`OE0257\`).
- **Errors** have one envelope, or the form of RFC 9457 with \`Accept: application/problem+json\`. Where several things are wrong, the first of these is told: credentials, account, parameters.
- **Answers over 1 KiB are compressed** for callers that accept br, gzip or zstd.`

const VERSION = '2.0.0'

/** Everything of the document but the paths and the schemas that come with them. */
const FRAME = {
  openapi: '3.1.0',
  info: {
    title: 'Kubernetes costs',
    version: VERSION,
    description: DESCRIPTION,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  tags: TAGS,
  security: [{ bearer: [] }, { secret: [] }],
}

/** Operations of GET by the path that their route is registered with. */
export type Operations = ReadonlyMap<string, Documented>

export function buildDocument(operations: Operations): Json {
  return {
    ...FRAME,
    paths: Object.fromEntries(
      [...operations].map(([url, { operation }]) => [
        url.replaceAll(/:([A-Za-z_]+)/g, '{$1}'),
        { get: operation },
      ]),
    ),
    components: {
      schemas: {
        ...sharedSchemas(),
        ...Object.assign({}, ...[...operations.values()].map(({ schemas }) => schemas)),
        ...ERROR_SCHEMAS,
      },
      responses: ERROR_RESPONSES,
      headers: HEADERS,
      parameters: PARAMETERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  }
}

const PARAMETERS = {
  CloudAccount: {
    name: 'id',
    in: 'path',
    required: true,
    description: 'Id of the cloud account.',
    schema: { type: 'string', format: 'uuid' },
    example: '3f6e1a52-6c0e-4b7e-9d0a-2f6f5b1c7d11',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description:
      'ETags of answers that the caller has; where one of them is still right, 304 comes instead of a body.',
    schema: { type: 'string', examples: ['"Zt0pQ8mJr3yR0yV5Jm0f2bqFvT9xk1aB"'] },
  },
}

const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A token of one cloud account (`k8s-costs tokens create`).',
  },
  secret: {
    type: 'apiKey',
    in: 'header',
    name: 'Secret',
    description: 'The cluster secret, between services. Where it is sent, it decides alone.',
  },
}
