import type { CloudAccount } from '../domain/account.js'
import { label } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { equals } from '../thanos/promql.js'
import type { ThanosClient } from '../thanos/types.js'

/** A cluster of an account, and the first and newest hour of the asked range in which it was heard of. */
export interface DiscoveredCluster {
  readonly clusterId: string
  readonly firstWindow: Window
  readonly lastWindow: Window
}

/** Any of these tells that a cluster was there, whichever the remote-write filter lets through. */
const SIGNS_OF_LIFE = ['node_total_hourly_cost', 'container_cpu_allocation', 'kubecost_cluster_info']

/** Hours per query: far below the 11,000 points that Prometheus allows, and bounded work for the stores. */
const HOURS_PER_QUERY = 24 * 31

/** Which clusters of the account have samples in the windows `first … last`. */
export async function discoverClusters(
  client: ThanosClient,
  account: CloudAccount,
  tenantLabel: string,
  first: Window,
  last: Window,
  signal?: AbortSignal,
): Promise<DiscoveredCluster[]> {
  const seen = new Map<string, { first: Window; last: Window }>()
  const expression = SIGNS_OF_LIFE.map(
    metric =>
      `count by (${tenantLabel},cluster_id) (count_over_time(${metric}{${equals(tenantLabel, account.tenantId)}}[1h] offset 1ms))`,
  ).join(' or ')
  for (let from: number = first; from <= last; from += HOURS_PER_QUERY * HOUR_SECONDS) {
    const to = Math.min(from + (HOURS_PER_QUERY - 1) * HOUR_SECONDS, last)
    const answer = await client.queryRange({
      account,
      expression,
      start: windowEnd(from as Window),
      end: windowEnd(to as Window),
      step: HOUR_SECONDS,
      ...(signal ? { signal } : {}),
    })
    for (const series of answer.series) widen(seen, label(series, 'cluster_id'), series.times)
  }
  return [...seen].map(([clusterId, bounds]) => ({
    clusterId,
    firstWindow: bounds.first,
    lastWindow: bounds.last,
  }))
}

function widen(
  seen: Map<string, { first: Window; last: Window }>,
  clusterId: string,
  times: readonly number[],
): void {
  for (const time of times) {
    const window = (time - HOUR_SECONDS) as Window
    const known = seen.get(clusterId)
    if (!known) seen.set(clusterId, { first: window, last: window })
    else {
      if (window < known.first) known.first = window
      if (window > known.last) known.last = window
    }
  }
}
