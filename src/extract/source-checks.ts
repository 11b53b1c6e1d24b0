import type { CloudAccount } from '../domain/account.js'
import { label, type Series } from '../domain/samples.js'
import { type Window, windowEnd } from '../domain/window.js'
import { describeError, NamedError } from '../errors.js'
import { equals } from '../thanos/promql.js'
import type { ThanosClient } from '../thanos/types.js'
import { identityLabels, type Source, sourceMatchers } from './ask.js'
import { catalogue } from './catalogue.js'
import { askWindow, type Finding, namesOf } from './finding.js'
import { RANGE, REAL_CONTAINER, trueLabel } from './query.js'
import { refuseUnmergedReplicas } from './replicas.js'

const PRICES = [
  { metric: 'node_cpu_hourly_cost', low: 0.001, high: 1 },
  { metric: 'node_ram_hourly_cost', low: 0.0001, high: 0.2 },
]

/** Prices that no machine has, and machines with several: their windows fall back to other prices. */
export async function checkPrices(source: Source, window: Window): Promise<Finding[]> {
  const sane = PRICES.map(async ({ metric, low, high }): Promise<Finding> => {
    const prices = await askWindow(
      source,
      window,
      (identity, matchers) =>
        `avg by (${identity},node,exported_node) (avg_over_time(${metric}{${matchers}}${RANGE}))`,
    )
    const check = `price sanity ${metric}`
    const odd = prices.filter(({ values: [value = Number.NaN] }) => !(value >= low && value <= high))
    if (odd.length === 0)
      return { level: 'ok', check, detail: `${prices.length} nodes between ${low} and ${high}` }
    return {
      level: 'warn',
      check,
      detail: `${odd.length} of ${prices.length} nodes have no believable price: ${namesOf(odd.map(one => `${trueLabel(one, 'node')}=${one.values[0]}`))}. See to the exporter's pricing`,
    }
  })
  return [...(await Promise.all(sane)), await checkTwins(source, window)]
}

async function checkTwins(source: Source, window: Window): Promise<Finding> {
  const check = 'one price per node'
  const counts = await askWindow(
    source,
    window,
    (identity, matchers) =>
      `max by (${identity},node,exported_node) (count by (${identity},job,node,exported_node) (count_over_time(node_cpu_hourly_cost{${matchers}}${RANGE})))`,
  )
  const twins = counts.filter(({ values: [count = 0] }) => count > 1).map(one => trueLabel(one, 'node'))
  if (twins.length === 0) return { level: 'ok', check, detail: `${counts.length} nodes` }
  return {
    level: 'note',
    check,
    detail: `${twins.length} nodes have several price series (a reused name, or a twin without instance type): ${namesOf(twins)}. Machines are told apart by provider_id`,
  }
}

/** The same series from several scrape jobs: nothing is counted twice, but one of the jobs is in vain. */
export async function checkDuplicates(source: Source, window: Window): Promise<Finding[]> {
  const exporters = await jobsOf(source, window, 'container_cpu_allocation')
  const states = await jobsOf(source, window, 'kube_pod_owner')
  const scraped: Finding =
    exporters.length <= 1
      ? { level: 'ok', check: 'scraped once', detail: `job ${exporters[0] ?? '(none)'}` }
      : {
          level: 'warn',
          check: 'scraped once',
          detail: `the cost exporter is scraped by ${exporters.length} jobs (${namesOf(exporters)}); the one that saw most is used. Remove the others`,
        }
  if (states.length <= 1) return [scraped]
  // Kubecost's own copies beside a kube-state-metrics are what its charts install.
  const isUsual = states.length === 2 && states.some(job => exporters.includes(job))
  const detail = `kube_pod_owner comes from ${states.length} jobs (${namesOf(states)}); nothing is counted twice. ${isUsual ? "emitKsmV1Metrics: false switches the cost exporter's copies off" : 'Remove all but one'}`
  return [scraped, { level: isUsual ? 'note' : 'warn', check: 'one kube-state-metrics', detail }]
}

async function jobsOf(source: Source, window: Window, metric: string, extra = ''): Promise<string[]> {
  const counts = await askWindow(
    source,
    window,
    (identity, matchers) =>
      `count by (${identity},job) (count_over_time(${metric}{${matchers}${extra}}${RANGE}))`,
  )
  return counts.map(series => label(series, 'job') || '(none)').sort()
}

/** Scrapes that rename what the exporters say: read all the same, but analysts see the exporter's labels on its series. */
export async function checkLabels(source: Source, window: Window): Promise<Finding> {
  const check = 'labels honoured'
  const metrics = ['container_cpu_allocation', 'kube_pod_owner']
  const found = await Promise.all(
    metrics.map(metric => jobsOf(source, window, metric, ',exported_namespace!=""')),
  )
  const jobs = [...new Set(found.flat())]
  if (jobs.length === 0) return { level: 'ok', check, detail: 'no label was renamed by a scrape' }
  return {
    level: 'warn',
    check,
    detail: `labels came as exported_* from job ${namesOf(jobs)}; the true names are used. Set honor_labels: true`,
  }
}

/** Two clusters under one id would be billed as one. */
export async function checkIdentity(source: Source, window: Window): Promise<Finding> {
  const check = 'one cluster per id'
  const infos = await askWindow(
    source,
    window,
    (identity, matchers) =>
      `count by (${identity},id) (count_over_time(kubecost_cluster_info{${matchers}}${RANGE}))`,
  )
  const ids = infos.map(series => label(series, 'id')).filter(id => id !== '')
  if (ids.length <= 1) return { level: 'ok', check, detail: ids[0] ?? 'no kubecost_cluster_info tells' }
  return {
    level: 'fail',
    check,
    detail: `${ids.length} clusters send as cluster_id "${source.clusterId}": ${namesOf(ids)}. Give each a cluster_id of its own (external_labels)`,
  }
}

const RESOURCES = [
  { of: 'CPU', metric: 'container_cpu_allocation', capacity: catalogue.nodeCpuCapacity },
  { of: 'memory', metric: 'container_memory_allocation_bytes', capacity: catalogue.nodeRamCapacity },
]

/** Nodes on which more is allocated than they have: their idle is negative. */
export async function checkCapacity(source: Source, window: Window): Promise<Finding> {
  const check = 'allocation within capacity'
  const perNode = (series: readonly Series[]) =>
    new Map(series.map(one => [trueLabel(one, 'node'), one.values[0] ?? Number.NaN]))
  const samples = perNode(
    await askWindow(
      source,
      window,
      (identity, matchers) =>
        `max by (${identity},node,exported_node) (count_over_time(node_total_hourly_cost{${matchers}}${RANGE}))`,
    ),
  )
  const over: string[] = []
  for (const { of, metric, capacity } of RESOURCES) {
    const who =
      'namespace,pod,container,node,exported_namespace,exported_pod,exported_container,exported_node'
    const sums = await askWindow(
      source,
      window,
      (identity, matchers) =>
        `sum by (${identity},node,exported_node) (max by (${identity},${who}) (sum_over_time(${metric}{${matchers},${REAL_CONTAINER},node!=""}${RANGE})))`,
    )
    const capacities = perNode(
      await askWindow(source, window, (identity, matchers) => capacity.expression(matchers, identity)),
    )
    for (const [node, sum] of perNode(sums)) {
      const share = sum / (samples.get(node) ?? Number.NaN) / (capacities.get(node) ?? Number.NaN)
      if (share > 1) over.push(`${node} (${of} ${Math.round(share * 100)} %)`)
    }
  }
  if (over.length === 0) return { level: 'ok', check, detail: `${samples.size} nodes` }
  return {
    level: 'warn',
    check,
    detail: `idle is negative on ${namesOf(over)}: bursts of use, pods told twice, or a capacity that is told too small`,
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
