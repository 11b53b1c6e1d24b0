import { label } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { NamedError } from '../errors.js'
import { identityLabels, type Source, sourceMatchers } from './ask.js'

/** Labels that tell copies of one series apart. */
export const REPLICA_LABELS = ['receive_replica', 'prometheus_replica', 'replica'] as const

/**
 * Refuses to read through a querier that doesn't merge replicas: every sum would double and nothing would say so.
 * Two values of one replica label in one cluster at one moment mean that the label isn't known to the querier.
 */
export async function refuseUnmergedReplicas(source: Source, first: Window, last: Window): Promise<void> {
  const matchers = sourceMatchers(source)
  const answer = await source.client.queryRange({
    account: source.account,
    expression: `count by (${identityLabels(source)},${REPLICA_LABELS.join(',')}) (kubecost_cluster_info{${matchers}} or node_total_hourly_cost{${matchers}})`,
    start: windowEnd(first),
    end: windowEnd(last),
    step: HOUR_SECONDS,
    ...(source.signal ? { signal: source.signal } : {}),
  })
  for (const replicaLabel of REPLICA_LABELS) {
    const valuesAt = new Map<number, Set<string>>()
    for (const series of answer.series) {
      const value = label(series, replicaLabel)
      if (value === '') continue
      for (const time of series.times) valuesAt.set(time, (valuesAt.get(time) ?? new Set()).add(value))
    }
    if ([...valuesAt.values()].some(values => values.size > 1)) throw unmerged(source, replicaLabel)
  }
}

function unmerged(source: Source, replicaLabel: string): NamedError {
  return new NamedError(
    'REPLICAS_NOT_MERGED',
    `account ${source.account.cloudAccountId}, cluster "${source.clusterId}": the querier does not merge replicas (label ${replicaLabel} is visible with several values), so every sum would double. Nothing is loaded; start Thanos Query with --query.replica-label=${replicaLabel}`,
  )
}
