import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

export interface Recorded {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** Passes requests on to `target` and keeps them. */
export async function startRecorder(
  target: string,
): Promise<{ url: string; requests: Recorded[]; close(): Promise<void> }> {
  const pool = new Pool(target, { connections: 4 })
  const requests: Recorded[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const {
        host: _host,
        connection: _connection,
        'transfer-encoding': _encoding,
        'content-length': _length,
        ...headers
      } = request.headers
      const kept = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
      const recorded: Recorded = {
        method: request.method === 'GET' ? 'GET' : 'POST',
        path: request.url ?? '/',
        headers: kept,
        body: Buffer.concat(chunks).toString(),
      }
      requests.push(recorded)
      pool
        .stream(
          { ...recorded, body: recorded.method === 'GET' ? null : recorded.body, opaque: response },
          ({ statusCode, headers: answered }) => {
            response.writeHead(statusCode, answered as Record<string, string>)
            return response
          },
        )
        .catch(() => response.destroy())
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await pool.close()
    },
  }
}
