import type { CloudAccount } from '../domain/account.js'
import { label } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { describeError, NamedError } from '../errors.js'
import { equals } from '../thanos/promql.js'
import type { ThanosClient } from '../thanos/types.js'
import { identityLabels, type Source, sourceMatchers } from './ask.js'
import { refuseUnmergedReplicas } from './replicas.js'

/** One thing that was looked at. `fail` means that something essential is wrong. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'warn' | 'fail'
  readonly check: string
  readonly detail: string
}

interface ExpectedMetric {
  readonly names: readonly string[]
  readonly need: 'essential' | 'recommended' | 'optional'
  readonly lost: string
}

/** What a cluster should send, and what is lost without it. Alternatives in one line are forms of one fact. */
const EXPECTED: readonly ExpectedMetric[] = [
  { names: ['node_cpu_hourly_cost'], need: 'essential', lost: 'no price of a core-hour' },
  { names: ['node_ram_hourly_cost'], need: 'essential', lost: 'no price of a GiB-hour' },
  { names: ['container_cpu_allocation'], need: 'essential', lost: 'no CPU allocation' },
  { names: ['container_memory_allocation_bytes'], need: 'essential', lost: 'no memory allocation' },
  {
    names: ['kube_node_status_capacity', 'kube_node_status_capacity_cpu_cores'],
    need: 'essential',
    lost: 'no cost of nodes and no idle',
  },
  {
    names: ['node_total_hourly_cost'],
    need: 'recommended',
    lost: 'running time of nodes is taken from other series',
  },
  { names: ['kubecost_cluster_info'], need: 'recommended', lost: 'coverage is taken from node series only' },
  {
    names: ['kube_pod_container_resource_requests'],
    need: 'recommended',
    lost: 'no requests, no efficiency',
  },
  { names: ['kube_pod_owner'], need: 'recommended', lost: 'no controllers' },
  {
    names: ['kube_replicaset_owner', 'deployment_match_labels'],
    need: 'recommended',
    lost: 'Deployments are guessed from names',
  },
  { names: ['kube_job_owner'], need: 'optional', lost: 'CronJobs are guessed from names' },
  {
    names: ['kubecost_container_cpu_usage_irate', 'container_cpu_usage_seconds_total'],
    need: 'recommended',
    lost: 'no CPU use',
  },
  { names: ['container_memory_working_set_bytes'], need: 'recommended', lost: 'no memory use' },
  { names: ['kubecost_node_is_spot'], need: 'recommended', lost: 'spot machines are unknown' },
  { names: ['pv_hourly_cost'], need: 'optional', lost: 'no storage cost' },
  { names: ['pod_pvc_allocation'], need: 'optional', lost: 'volumes cannot be shared out to pods' },
]

const REMOTE_WRITE_REGEX =
  '(kubecost_.*|container_.*|kube_.*|node_.*|up|pv_hourly_cost|pod_pvc_allocation|service_selector_labels|deployment_match_labels|statefulSet_match_labels|kubelet_volume_stats_.*|DCGM_FI_.*|opencost_.*|prometheus_target_interval_length_seconds)'

/** Every expected metric of one cluster in one window: present, or absent with what that costs and what would mend it. */
export async function checkMetrics(source: Source, window: Window): Promise<Finding[]> {
  const present = await presentMetrics(source, window)
  const findings: Finding[] = []
  for (const { names, need, lost } of EXPECTED) {
    const check = `metric ${names.join(' or ')}`
    const found = names.filter(name => present.has(name))
    if (found.length > 0) {
      findings.push({
        level: 'ok',
        check,
        detail: `${found.map(name => `${present.get(name)} series`).join(' and ')}`,
      })
      continue
    }
    const level = need === 'essential' ? 'fail' : need === 'recommended' ? 'warn' : 'note'
    findings.push({ level, check, detail: `absent: ${lost}. ${likelyCause(names, present)}` })
  }
  return findings
}

async function presentMetrics(source: Source, window: Window): Promise<Map<string, number>> {
  const names = EXPECTED.flatMap(metric => metric.names)
  const answers = await Promise.all(
    names.map(name =>
      source.client.queryRange({
        account: source.account,
        expression: `count by (${identityLabels(source)}) (count_over_time(${name}{${sourceMatchers(source)}}[1h] offset 1ms))`,
        start: windowEnd(window),
        end: windowEnd(window),
        step: HOUR_SECONDS,
      }),
    ),
  )
  const present = new Map<string, number>()
  answers.forEach((answer, i) => {
    const count = answer.series[0]?.values[0]
    if (count !== undefined) present.set(names[i] ?? '', count)
  })
  return present
}

/** A family that is wholly absent was most likely dropped on the way; a single member was most likely never scraped. */
function likelyCause(names: readonly string[], present: ReadonlyMap<string, number>): string {
  const prefix = (name: string) => name.slice(0, name.indexOf('_') + 1)
  const hasSibling = [...present.keys()].some(name => prefix(name) === prefix(names[0] ?? ''))
  if (hasSibling)
    return 'Others of its family arrive, so its exporter is probably switched off or not scraped.'
  return `None of its family arrives, so the remote-write filter probably drops it; keep: ${REMOTE_WRITE_REGEX}`
}

/** Prices that no machine has: their windows fall back to other prices. */
export async function checkPrices(source: Source, window: Window): Promise<Finding[]> {
  const bounds = [
    { metric: 'node_cpu_hourly_cost', low: 0.001, high: 1 },
    { metric: 'node_ram_hourly_cost', low: 0.0001, high: 0.2 },
  ]
  return Promise.all(
    bounds.map(async ({ metric, low, high }): Promise<Finding> => {
      const answer = await source.client.queryRange({
        account: source.account,
        expression: `avg by (${identityLabels(source)},node) (avg_over_time(${metric}{${sourceMatchers(source)}}[1h] offset 1ms))`,
        start: windowEnd(window),
        end: windowEnd(window),
        step: HOUR_SECONDS,
      })
      const odd = answer.series.filter(({ values: [value = Number.NaN] }) => !(value >= low && value <= high))
      const check = `price sanity ${metric}`
      if (odd.length === 0)
        return { level: 'ok', check, detail: `${answer.series.length} nodes between ${low} and ${high}` }
      const nodes = odd.slice(0, 5).map(series => `${label(series, 'node')}=${series.values[0]}`)
      return {
        level: 'warn',
        check,
        detail: `${odd.length} of ${answer.series.length} nodes have no believable price: ${nodes.join(', ')}`,
      }
    }),
  )
}

/** The same series from several scrape jobs: nothing is counted twice, but one of the jobs is in vain. */
export async function checkDuplicates(source: Source, window: Window): Promise<Finding> {
  const answer = await source.client.queryRange({
    account: source.account,
    expression: `count by (${identityLabels(source)},job) (count_over_time(container_cpu_allocation{${sourceMatchers(source)}}[1h] offset 1ms))`,
    start: windowEnd(window),
    end: windowEnd(window),
    step: HOUR_SECONDS,
  })
  const jobs = answer.series.map(series => label(series, 'job'))
  const check = 'scraped once'
  if (jobs.length <= 1) return { level: 'ok', check, detail: `job ${jobs[0] ?? '(none)'}` }
  return {
    level: 'warn',
    check,
    detail: `the cost exporter is scraped by ${jobs.length} jobs (${jobs.join(', ')}); the one that saw most is used`,
  }
}

export async function checkReplicas(source: Source, window: Window): Promise<Finding> {
  try {
    await refuseUnmergedReplicas(source, window, window)
    return {
      level: 'ok',
      check: 'replicas merged',
      detail: 'no replica label is visible with several values',
    }
  } catch (error) {
    if (!(error instanceof NamedError) || error.code !== 'REPLICAS_NOT_MERGED') throw error
    return { level: 'fail', check: 'replicas merged', detail: describeError(error).message }
  }
}

/** Whether ranges are closed or left-open at this server; every query is written so that both give the same. */
export async function checkEdges(source: Source, window: Window): Promise<Finding> {
  const answer = await source.client.queryInstant({
    account: source.account,
    expression: `max by (${identityLabels(source)}) (count_over_time((node_total_hourly_cost{${sourceMatchers(source)}} >= 0)[1m:1m]))`,
    time: windowEnd(window) - 60,
  })
  const points = answer.series[0]?.values[0]
  const rule = points === 1 ? 'left-open' : points === 2 ? 'closed' : 'unknown'
  return { level: 'note', check: 'range edges', detail: `${rule}; every query is exact under either rule` }
}

/** A sender whose clock runs ahead makes a store refuse the samples of all others. */
export async function checkClock(source: Source, now: number): Promise<Finding> {
  const check = 'freshness and clock'
  const answer = await source.client.queryInstant({
    account: source.account,
    expression: `max by (${identityLabels(source)}) (timestamp(node_total_hourly_cost{${sourceMatchers(source)}}))`,
    time: now,
  })
  const newest = answer.series[0]?.values[0]
  if (newest === undefined)
    return {
      level: 'warn',
      check,
      detail: 'no sample of the last five minutes: the cluster or its sender is down, or late',
    }
  if (newest > now + 60)
    return {
      level: 'fail',
      check,
      detail: `the newest sample is ${Math.round(newest - now)} s in the future: set the sender's clock`,
    }
  return { level: 'ok', check, detail: `the newest sample is ${Math.round(now - newest)} s old` }
}

/** Where an account without series might have gone: what arrives without the tenant header lies under this tenant. */
export async function checkLostTenant(
  client: ThanosClient,
  account: CloudAccount,
  tenantLabel: string,
  now: number,
): Promise<Finding> {
  const lost = { ...account, tenantId: 'default-tenant' }
  const answer = await client.queryInstant({
    account: lost,
    expression: `count by (${tenantLabel}) (kubecost_cluster_info{${equals(tenantLabel, lost.tenantId)}})`,
    time: now,
  })
  const check = 'series of the account'
  const none = `Thanos has no series with ${tenantLabel}="${account.tenantId}"`
  if (answer.series.length === 0) {
    return {
      level: 'fail',
      check,
      detail: `${none}: is the remote write set up, and is the id right? (accounts add --tenant-id)`,
    }
  }
  return {
    level: 'fail',
    check,
    detail: `${none}, but some cluster writes under "default-tenant": its remote write does not send the tenant header`,
  }
}
