import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { NamedError } from '../errors.js'
import type { Logger } from './logger.js'
import type { Metrics } from './metrics.js'
import type { ProgressWatch } from './progress.js'

export interface MetricsServer {
  readonly port: number
  close(): Promise<void>
}

/** Serves `/metrics` and `/healthz` (503 once any watched part made no progress for too long); port 0 takes a free one. */
export async function startMetricsServer(options: {
  readonly host: string
  readonly port: number
  readonly metrics: Pick<Metrics, 'registry'>
  readonly progress: ProgressWatch
  readonly logger: Logger
}): Promise<MetricsServer> {
  const { host, port, metrics, progress, logger } = options
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0]
    if (request.method !== 'GET' && request.method !== 'HEAD')
      reply(response, 405, 'only GET is answered here\n')
    else if (path === '/healthz') replyHealth(response, progress)
    else if (path === '/metrics') {
      metrics.registry.metrics().then(
        text => reply(response, 200, text, metrics.registry.contentType),
        (error: unknown) => {
          logger.error({ err: error }, 'metrics could not be collected')
          reply(response, 500, 'metrics could not be collected\n')
        },
      )
    } else reply(response, 404, 'there are /metrics and /healthz\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(listenProblem(error, host, port)))
    server.listen(port, host, resolve)
  })
  server.on('error', error => logger.error({ err: error }, 'metrics server failed'))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function replyHealth(response: ServerResponse, progress: ProgressWatch): void {
  const isAlive = progress.isAlive()
  const parts = progress.parts().map(({ part, ageSeconds, limitSeconds }) => ({
    part,
    ageSeconds: Math.round(ageSeconds * 10) / 10,
    limitSeconds,
    isStuck: ageSeconds > limitSeconds,
  }))
  const body = JSON.stringify({ status: isAlive ? 'ok' : 'stuck', parts })
  reply(response, isAlive ? 200 : 503, `${body}\n`, 'application/json')
}

function reply(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
}

function listenProblem(error: Error, host: string, port: number): NamedError {
  const code = 'code' in error ? String(error.code) : 'unknown error'
  const why = code === 'EADDRINUSE' ? 'another process listens there' : `the system refused it (${code})`
  return new NamedError(
    'CONFIG_INVALID',
    `Cannot listen on ${host}:${port} for metrics: ${why}. Set METRICS_PORT to a free port.`,
    { cause: error },
  )
}
