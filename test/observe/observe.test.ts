import { afterEach, describe, expect, it } from 'vitest'
import { NamedError } from '../../src/errors.js'
import { createMetrics } from '../../src/observe/metrics.js'
import { createProgressWatch } from '../../src/observe/progress.js'
import { type MetricsServer, startMetricsServer } from '../../src/observe/server.js'
import { recordingLogger } from '../support/log.js'

describe('the log', () => {
  it('is JSON with UTC times, one line for each message, whatever a text holds', () => {
    const { logger, lines } = recordingLogger()
    logger.info({ cluster: 'a\n{"level":60}' }, 'two\nlines')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ cluster: 'a\n{"level":60}', msg: 'two\nlines' })
    expect(JSON.parse(lines[0] ?? '').time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('keeps secrets out, one and two levels down too', () => {
    const { logger, text } = recordingLogger()
    logger.info(
      { token: 'canary', headers: { authorization: 'canary' }, a: { b: { password: 'canary' } } },
      'hello',
    )
    logger.info(
      { databaseUrl: 'canary', thanos: { bearerToken: 'canary' }, clusterSecret: 'canary' },
      'hello',
    )
    expect(text()).not.toContain('canary')
    expect(text()).toContain('[redacted]')
  })

  it('names an error of ours, and of any other says only its class and place', () => {
    const { logger, lines, text } = recordingLogger()
    logger.error(
      { err: new NamedError('THANOS_OVERLOADED', 'Thanos is busy.', { status: 503, cause: 'canary' }) },
      'x',
    )
    logger.error({ err: new TypeError('canary\n    at canary (file:1:1)') }, 'y')
    expect(JSON.parse(lines[0] ?? '').err).toEqual({
      code: 'THANOS_OVERLOADED',
      message: 'Thanos is busy.',
      status: 503,
    })
    expect(JSON.parse(lines[1] ?? '').err).toMatchObject({
      code: 'INTERNAL',
      message: 'TypeError: unexpected failure',
    })
    expect(JSON.parse(lines[1] ?? '').err.stack[0]).toContain('observe.test')
    expect(text()).not.toContain('canary')
  })
})

describe('the metrics server', () => {
  let server: MetricsServer | undefined
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  const open = async (progress = createProgressWatch()) => {
    const metrics = createMetrics()
    const { logger } = recordingLogger()
    server = await startMetricsServer({ host: '127.0.0.1', port: 0, metrics, progress, logger })
    const { port } = server
    return { metrics, port, get: (path: string) => fetch(`http://127.0.0.1:${port}${path}`) }
  }

  it('serves what is counted', async () => {
    const { metrics, get } = await open()
    metrics.windows.inc({ outcome: 'published' }, 3)
    metrics.rejects.inc({ reason: 'no_node' }, 2)
    metrics.usageWindows.inc({ outcome: 'collected' }, 24)
    metrics.usageBacklog.set({ cloud_account_id: 'a', cluster: 'c' }, 7)
    metrics.lagSeconds.set({ cloud_account_id: 'a', cluster: 'c' }, 90)
    const text = await (await get('/metrics')).text()
    expect(text).toContain('k8s_costs_windows_total{outcome="published"} 3')
    expect(text).toContain('k8s_costs_rejects_total{reason="no_node"} 2')
    expect(text).toContain('k8s_costs_lag_seconds{cloud_account_id="a",cluster="c"} 90')
    expect(text).toContain('k8s_costs_usage_windows_total{outcome="collected"} 24')
    expect(text).toContain('k8s_costs_usage_backlog_windows{cloud_account_id="a",cluster="c"} 7')
    expect(text).toContain('k8s_costs_stale_attempts_refused_total 0')
    expect((await get('/other')).status).toBe(404)
  })

  it('calls the process dead once a part made no progress for too long, and alive again after progress', async () => {
    let now = 0
    const progress = createProgressWatch(undefined, () => now)
    progress.expect('worker', 60)
    const { get } = await open(progress)
    now = 60_000
    expect((await get('/healthz')).status).toBe(200)
    now = 60_001
    const stuck = await get('/healthz')
    expect(stuck.status).toBe(503)
    expect(await stuck.json()).toMatchObject({ status: 'stuck', parts: [{ part: 'worker', isStuck: true }] })
    progress.note('worker')
    expect((await get('/healthz')).status).toBe(200)
  })

  it('says which port is taken', async () => {
    const { port, metrics } = await open()
    const { logger } = recordingLogger()
    await expect(
      startMetricsServer({ host: '127.0.0.1', port, metrics, progress: createProgressWatch(), logger }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(`127.0.0.1:${port}`) })
  })
})
