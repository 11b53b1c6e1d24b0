import { createHash } from 'node:crypto'
import { negotiate } from '@fastify/accept-negotiator'
import type { FastifyReply, FastifyRequest } from 'fastify'

const CODING = /-(zstd|br|gzip)"$/

/** Strong validator of what the text stands for. */
export function entityTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 32)}"`
}

/** Validator of the same answer in a content coding; a weak one stays, as it holds for any coding. */
export function codedTag(tag: string, coding: string): string {
  return tag.startsWith('"') ? `${tag.slice(0, -1)}-${coding}"` : tag
}

/**
 * The validator among those of If-None-Match that names the answer with this tag, as it is or in a coding that the
 * caller still accepts; undefined where it has none.
 */
export function heldTag(request: FastifyRequest, tag: string): string | undefined {
  const { 'if-none-match': held, 'accept-encoding': accepted = '' } = request.headers
  if (held === undefined) return undefined
  for (const one of held.split(',')) {
    const plain = one.trim().replace(/^W\//, '')
    if (plain === '*' || plain === tag) return tag
    const coding = CODING.exec(plain)?.[1]
    const isSame = coding !== undefined && plain === codedTag(tag, coding)
    if (isSame && negotiate(accepted, [coding]) === coding) return plain
  }
  return undefined
}

/** Answers with a text that is the same for everybody, or with 304 who has it already. */
export function sendUnlessHeld(
  request: FastifyRequest,
  reply: FastifyReply,
  {
    text,
    type,
    cacheControl,
  }: { readonly text: string; readonly type: string; readonly cacheControl: string },
): FastifyReply {
  const tag = entityTag(text)
  const held = heldTag(request, tag)
  reply.headers({ etag: held ?? tag, 'cache-control': cacheControl, vary: 'Accept-Encoding' })
  return held === undefined ? reply.type(type).send(text) : reply.code(304).send()
}
