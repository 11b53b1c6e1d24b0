import { connect } from 'node:net'
import * as zlib from 'node:zlib'

/** An answer as it came, its body decoded as its headers say. */
export interface WireAnswer {
  readonly status: number
  /** Last value of each, by name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Sends bytes as they are and reads till the end; a request in them has to ask for the end, as HTTP/1.0 does. */
export async function sendRaw(port: number, request: Buffer): Promise<WireAnswer> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  // Who is refused early may have been sending still: what counts is the answer.
  socket.on('error', () => {})
  socket.write(request)
  await new Promise(resolve => socket.once('close', resolve))
  return readAnswer(Buffer.concat(chunks))
}

function readAnswer(bytes: Buffer): WireAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) throw new Error(`no answer: ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`)
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(first)?.[1])
  const body = decode(bytes.subarray(end + 4), headers.get('content-encoding'))
  return { status, headers, body: new TextDecoder('utf-8', { fatal: true }).decode(body) }
}

function decode(body: Buffer, coding: string | undefined): Buffer {
  if (body.length === 0) return body
  switch (coding) {
    case undefined:
    case 'identity':
      return body
    case 'gzip':
      return zlib.gunzipSync(body)
    case 'br':
      return zlib.brotliDecompressSync(body)
    case 'zstd':
      return zstd(body)
    default:
      throw new Error(`nobody asked for ${coding}`)
  }
}

// Only some of the supported releases of Node have it, and only they send it.
function zstd(body: Buffer): Buffer {
  const own: object = zlib
  if (!('zstdDecompressSync' in own) || typeof own.zstdDecompressSync !== 'function') {
    throw new Error('this Node has no zstd')
  }
  return own.zstdDecompressSync(body)
}
