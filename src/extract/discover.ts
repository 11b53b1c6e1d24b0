import type { CloudAccount } from '../domain/account.js'
import { label } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { equals } from '../thanos/promql.js'
import type { ThanosClient } from '../thanos/types.js'
import { halves, isTooMuch } from './ask.js'

/** A cluster of an account, and the first and newest hour of the asked range in which it was heard of. */
export interface DiscoveredCluster {
  readonly clusterId: string
  readonly firstWindow: Window
  readonly lastWindow: Window
}

/** Any of these tells that a cluster was there. Few series per cluster, as the whole retention may be looked through. */
const SIGNS_OF_LIFE = ['kubecost_cluster_info', 'node_total_hourly_cost', 'node_cpu_hourly_cost']

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
  const look = { client, account, expression: expressionFor(account, tenantLabel), signal, seen }
  for (let from: number = first; from <= last; from += HOURS_PER_QUERY * HOUR_SECONDS) {
    const to = Math.min(from + (HOURS_PER_QUERY - 1) * HOUR_SECONDS, last)
    await lookAt(look, from as Window, to as Window)
  }
  return [...seen].map(([clusterId, bounds]) => ({
    clusterId,
    firstWindow: bounds.first,
    lastWindow: bounds.last,
  }))
}

function expressionFor(account: CloudAccount, tenantLabel: string): string {
  const matcher = equals(tenantLabel, account.tenantId)
  return SIGNS_OF_LIFE.map(
    metric => `count by (${tenantLabel},cluster_id) (count_over_time(${metric}{${matcher}}[1h] offset 1ms))`,
  ).join(' or ')
}

interface Look {
  readonly client: ThanosClient
  readonly account: CloudAccount
  readonly expression: string
  readonly signal: AbortSignal | undefined
  readonly seen: Map<string, { first: Window; last: Window }>
}

async function lookAt(look: Look, first: Window, last: Window): Promise<void> {
  const { client, account, expression, signal, seen } = look
  try {
    const answer = await client.queryRange({
      account,
      expression,
      start: windowEnd(first),
      end: windowEnd(last),
      step: HOUR_SECONDS,
      ...(signal ? { signal } : {}),
    })
    for (const series of answer.series) widen(seen, label(series, 'cluster_id'), series.times)
  } catch (error) {
    if (!isTooMuch(error) || first >= last) throw error
    const [early, late] = halves(first, last)
    await lookAt(look, ...early)
    await lookAt(look, ...late)
  }
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
