import type { IncomingMessage } from 'node:http'

/** A request that is answered in plain text before it reaches the API. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const LARGEST_BODY = 10 * 2 ** 20

/**
 * The parameters of the address and, for POST, of a form body. A body that is no form, or too large for one, is left
 * out in silence, as Go's servers do; the parameters are then missing.
 */
export async function readForm(request: IncomingMessage, url: URL): Promise<URLSearchParams> {
  const form = new URLSearchParams(url.searchParams)
  if (request.method !== 'POST') return form
  const body = await readBody(request)
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  if (!isForm || body === undefined) return form
  const merged = new URLSearchParams(body)
  for (const [name, value] of form) merged.append(name, value)
  return merged
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new RequestRefused(400, 'unreadable body')
    size += chunk.length
    if (size <= LARGEST_BODY) chunks.push(chunk)
  }
  return size <= LARGEST_BODY ? Buffer.concat(chunks).toString('utf8') : undefined
}
