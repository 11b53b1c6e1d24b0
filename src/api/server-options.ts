import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { JSON_TYPE } from './error-reply.js'
import type { Limits } from './limits.js'

const HEADER_BYTES = 16_384
// Longer than a proxy in front keeps its own connections, commonly a minute: else it sends into one that just closes.
const KEEP_ALIVE_MS = 72_000

const UNREADABLE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Limits of the HTTP server itself: what breaks them never becomes a request. */
export function serverOptions({ headersMs, requestMs, checkConnectionsMs, stillMs }: Limits) {
  return {
    bodyLimit: 1024,
    requestTimeout: requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionTimeout: stillMs,
    http: {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: headersMs,
      connectionsCheckingInterval: checkConnectionsMs,
    },
    clientErrorHandler: refuseUnreadable,
  }
}

// What the HTTP parser could not read never becomes a request, so the envelope is written to the socket by hand.
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  // A head can be answered before what follows it turns out to be no HTTP. A second answer would be taken, by a proxy
  // that keeps the connection, for that to somebody else's request.
  if (socket.bytesWritten > 0) {
    socket.destroySoon()
    return
  }
  const status = UNREADABLE[error.code ?? ''] ?? 400
  const reason = STATUS_CODES[status] ?? 'Bad Request'
  const facts = { status_code: status, error_code: `U0${status}`, reason, params: [] }
  const body = JSON.stringify({ error: facts })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    `content-type: ${JSON_TYPE}`,
    `content-length: ${body.length}`,
    `x-request-id: ${randomUUID()}`,
  ]
  socket.end(`${[...head, 'cache-control: no-store', 'connection: close'].join('\r\n')}\r\n\r\n${body}`)
}
