import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

interface AuthRequest {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type AuthAnswer = (response: ServerResponse, socket: Socket) => void

/** An auth service that does as it is told, over real HTTP. */
export interface AuthStub {
  /** Base URL, without a slash at the end. */
  readonly url: string
  /** Every whole request so far, in order of arrival. */
  readonly requests: readonly AuthRequest[]
  /** Connections that are open. */
  readonly connections: ReadonlySet<Socket>
  /** How it answers from now on; with 200 until told. */
  answer(how: AuthAnswer): void
  close(): Promise<void>
}

export async function startAuthStub(): Promise<AuthStub> {
  const requests: AuthRequest[] = []
  const connections = new Set<Socket>()
  let answerWith: AuthAnswer = status(200)
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    requests.push({ method: request.method, path: request.url, headers: request.headers, body })
    answerWith(response, request.socket)
  })
  server.on('connection', socket => {
    connections.add(socket)
    socket.on('error', () => {}).on('close', () => connections.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections,
    answer: how => {
      answerWith = how
    },
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** An ordinary answer. */
export function status(code: number, headers: Record<string, string> = {}, body = '{}'): AuthAnswer {
  return response => response.writeHead(code, headers).end(body)
}
