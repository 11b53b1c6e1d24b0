import compress from '@fastify/compress'
import type { FastifyReply, FastifyRequest, onSendHookHandler, RouteOptions } from 'fastify'
import { codedTag } from '../caching.js'
import type { Api } from '../routes/methods.js'

/** Smaller answers are sent as they are: a packet is a packet. */
const SMALLEST_BYTES = 1024

/**
 * Compresses answers, streams too, for callers that accept it. The strong validator of an answer then names the
 * coding, as another coding is another sequence of bytes.
 */
export function addCompression(app: Api): void {
  app.register(compress, {
    threshold: SMALLEST_BYTES,
    // Without zstd where this Node has none.
    encodings: ['zstd', 'br', 'gzip'],
    globalDecompression: false,
  })
  app.after(() => app.addHook('onRoute', orderHooks))
}

// A HEAD route of the server's own making drops the body and tells its size. It has to do so last: else what HEAD says
// of the answer would differ from what GET says. A route that is not compressed has nothing that compresses it.
function orderHooks(route: RouteOptions): void {
  const hooks: onSendHookHandler[] = [route.onSend ?? []].flat()
  const compressing = route.compress === false ? [] : hooks.splice(-1)
  const dropping = route.method === 'HEAD' ? hooks.splice(-1) : []
  route.onSend = [...hooks, ...compressing, nameCoding, ...dropping]
}

async function nameCoding(_request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const coding = reply.getHeader('content-encoding')
  if (typeof coding === 'string') {
    const tag = reply.getHeader('etag')
    if (typeof tag === 'string') reply.header('etag', codedTag(tag, coding))
    reply.header('vary', withoutRepeats(String(reply.getHeader('vary') ?? '')))
  }
  return payload
}

function withoutRepeats(fields: string): string {
  const byName = new Map<string, string>()
  for (const field of fields.split(',').map(one => one.trim())) {
    if (!byName.has(field.toLowerCase())) byName.set(field.toLowerCase(), field)
  }
  return [...byName.values()].join(', ')
}
