import { EXPORTER, KUBECOST_JOB } from './emit-sources.js'
import { ALWAYS, clock, DAY } from './machines.js'
import type { ClusterModel, Grid } from './model.js'
import type { LabelPairs, SeriesRegistry } from './registry.js'

/** When the exporter starts anew each day, so that its counters do too. Seconds since midnight. */
const RESTART = clock(3, 30)
const INGESTIONS = ['allocation', 'asset', 'cloud_cost', 'custom_cost', 'network_insight'] as const
const REQUEST = { code: '200', handler: '/healthz', method: 'GET' }
/** Upper bounds of the histogram in seconds, with the share of the requests that were as quick. */
const QUICKNESS = [
  ['0.001', 0.8],
  ['0.1', 0.95],
  ['1', 1],
  ['+Inf', 1],
] as const

/** What Kubecost tells of its own work. It says nothing about money. */
export function emitTelemetry(registry: SeriesRegistry, cluster: ClusterModel, grid: Grid): void {
  const say = (name: string, labels: LabelPairs, value: number | ((t: number) => number)): void =>
    registry.add(name, { job: KUBECOST_JOB, instance: EXPORTER, ...labels }, grid, ALWAYS, value)
  for (const part of ['allocation', 'asset'] as const) {
    for (const resolution of ['daily', 'hourly'] as const) {
      say(`kubecost_${part}_data_status`, { resolution, status: 'success' }, 48)
      say(`kubecost_${part}_data_status`, { resolution, status: 'error' }, 0)
      say('kubecost_etl_progress_percent', { etl: part, resolution }, 1)
    }
    const event = `${part}SetLoaded`
    say(
      'kubecost_etl_events_total',
      { etl: part, event },
      counted(t => Math.floor(t / 300)),
    )
  }
  const version = { version: cluster.provider === 'AWS' ? '2.8.0' : '2.6.3' }
  for (const kind of INGESTIONS) {
    say(
      `kubecost_successful_${kind}_ingestions`,
      version,
      counted(t => Math.floor(t / 600)),
    )
    say(`kubecost_errored_${kind}_ingestions`, version, 0)
  }
  say('kubecost_read_db_size', version, t => 2e8 + (t % DAY) * 10)
  say('kubecost_write_db_size', version, t => 3e8 + (t % DAY) * 10)
  const requests = (t: number) => Math.floor(t / 10)
  say('kubecost_http_requests_total', REQUEST, counted(requests))
  for (const [le, share] of QUICKNESS) {
    say(
      'kubecost_http_response_time_seconds_bucket',
      { ...REQUEST, le },
      counted(t => Math.floor(requests(t) * share)),
    )
  }
  say(
    'kubecost_http_response_time_seconds_sum',
    REQUEST,
    counted(t => requests(t) * 0.02),
  )
  say('kubecost_http_response_time_seconds_count', REQUEST, counted(requests))
  say(
    'kubecost_http_response_size_bytes_sum',
    REQUEST,
    counted(t => requests(t) * 512),
  )
  say('kubecost_http_response_size_bytes_count', REQUEST, counted(requests))
}

/** A counter by the seconds since the exporter's last start. */
function counted(of: (seconds: number) => number): (t: number) => number {
  return t => of((t - RESTART) % DAY)
}
