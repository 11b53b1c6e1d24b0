import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import { ApiError } from '../errors.js'

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Answers every method but GET and HEAD at this URL with 405, before any body is read. */
export function refuseOtherMethods(api: Api, url: string): void {
  const others = api.supportedMethods.filter(method => method !== 'GET' && method !== 'HEAD')
  api.route({
    method: others,
    url,
    onRequest: async request => {
      throw new ApiError('OE0245', [request.method], { headers: { allow: 'GET, HEAD' } })
    },
    handler: async () => undefined,
  })
}
