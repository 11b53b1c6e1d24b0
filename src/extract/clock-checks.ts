import type { CloudAccount } from '../domain/account.js'
import { label } from '../domain/samples.js'
import { HOUR_SECONDS } from '../domain/window.js'
import { equals } from '../thanos/promql.js'
import type { ThanosClient } from '../thanos/types.js'
import { identityLabels, type Source, sourceMatchers } from './ask.js'
import type { Finding } from './finding.js'

/** Clocks that differ by less are well. Seconds. */
const TOLERANCE = 60
/** How far ahead of now samples are looked for. Seconds. */
const AHEAD = 2 * HOUR_SECONDS

/**
 * Clusters of an account that have samples in `(now + 60 s, now + 2 h]`, with how many: their sender's clock runs ahead.
 * A store that has seen such a sample refuses those of all others. A question at `now` would never see them.
 */
export async function clustersAhead(
  client: ThanosClient,
  account: CloudAccount,
  tenantLabel: string,
  now: number,
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  const matcher = equals(tenantLabel, account.tenantId)
  const counted = (metric: string) =>
    `sum by (${tenantLabel},cluster_id) (count_over_time(${metric}{${matcher}}[${AHEAD - TOLERANCE}s]))`
  const answer = await client.queryInstant({
    account,
    expression: ['kubecost_cluster_info', 'node_total_hourly_cost'].map(counted).join(' or '),
    time: now + AHEAD,
    ...(signal ? { signal } : {}),
  })
  return new Map(answer.series.map(series => [label(series, 'cluster_id'), series.values[0] ?? 0]))
}

/** Whether samples arrive, and whether the sender's clock is right. */
export async function checkClock(source: Source, now: number): Promise<Finding[]> {
  const { client, account, clusterId, tenantLabel } = source
  const ahead = (await clustersAhead(client, account, tenantLabel, now)).get(clusterId) ?? 0
  const clock: Finding =
    ahead > 0
      ? {
          level: 'fail',
          check: 'clock of the sender',
          detail: `${ahead} samples lie in the future: set the clock of the cluster's nodes (NTP); meanwhile stores may refuse the samples of others`,
        }
      : { level: 'ok', check: 'clock of the sender', detail: 'no sample lies in the future' }
  return [await checkFreshness(source, now), clock]
}

async function checkFreshness(source: Source, now: number): Promise<Finding> {
  const check = 'freshness'
  const answer = await source.client.queryInstant({
    account: source.account,
    expression: `max by (${identityLabels(source)}) (timestamp(node_total_hourly_cost{${sourceMatchers(source)}}))`,
    time: now,
  })
  const newest = answer.series[0]?.values[0]
  if (newest !== undefined)
    return { level: 'ok', check, detail: `the newest sample is ${Math.round(now - newest)} s old` }
  return {
    level: 'warn',
    check,
    detail: 'no sample of the last five minutes: the cluster or its sender is down, or late',
  }
}
