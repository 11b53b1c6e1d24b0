import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { sendUnlessHeld } from '../caching.js'
import { JSON_TYPE } from '../error-reply.js'
import { buildDocument } from '../openapi/document.js'
import { type Documented, publicOperation } from '../openapi/operations.js'
import { PUBLIC_HEADERS } from '../openapi/responses.js'
import { type Api, refuseOtherMethods } from '../routes/methods.js'

export const DOCUMENT_URL = '/restapi/v2/openapi.json'
export const UI_URL = '/restapi/v2/swagger'
/** Where people look for the UI too. */
export const UI_REDIRECTS = ['/restapi/v2/', `${UI_URL}/spec.html`]

type Framed = ReturnType<NonNullable<FastifyDynamicSwaggerOptions['transformObject']>>

// Nothing from elsewhere and nothing inline; the UI's own pictures are data: URLs.
const UI_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Serves the OpenAPI document of all routes registered from here on that say how they are documented, and a UI for it. */
export function addOpenApi(app: Api): void {
  const operations = new Map<string, Documented>()
  app.addHook('onRoute', ({ method, url, config }) => {
    if (method === 'GET' && config?.documented !== undefined) operations.set(url, config.documented)
  })
  app.register(swagger, {
    // Routes tell more of themselves than the plugin would read from their schemas, so it reads none.
    openapi: {},
    hideUntagged: true,
    transformObject: () => buildDocument(operations) as Framed,
  })
  app.register(swaggerUi, {
    routePrefix: UI_URL,
    staticCSP: UI_POLICY,
    // The other layout brings a bar with a style of its own, which the policy above refuses.
    uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true },
    theme: { title: 'Kubernetes costs' },
  })
}

/** The document itself, and the way to its UI. */
export function addDocumentRoutes(api: Api): void {
  refuseOtherMethods(api, DOCUMENT_URL)
  api.get(DOCUMENT_URL, { config: { documented: DOCUMENT } }, async (request, reply) => {
    const text = JSON.stringify(api.swagger())
    const cacheControl = 'public, max-age=0, must-revalidate'
    return sendUnlessHeld(request, reply, { text, type: JSON_TYPE, cacheControl })
  })
  for (const url of UI_REDIRECTS) {
    refuseOtherMethods(api, url)
    api.get(url, async (_request, reply) => reply.redirect(UI_URL))
  }
}

const DOCUMENT = publicOperation({
  id: 'getOpenApi',
  summary: 'This document',
  description: 'OpenAPI 3.1 of all routes.',
  responses: {
    200: {
      description: 'The document.',
      headers: PUBLIC_HEADERS,
      content: { 'application/json': { schema: { type: 'object' } } },
    },
    304: { description: 'The caller has it already (If-None-Match).', headers: PUBLIC_HEADERS },
  },
})
