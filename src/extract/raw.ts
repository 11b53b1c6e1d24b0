import { type FactName, label, type RawName, type Series } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { oneOf } from '../thanos/promql.js'
import { isTooMuch, refuseOtherCluster, type Source, sourceMatchers } from './ask.js'
import { PRICED_TRAFFIC } from './catalogue-assets.js'
import { REAL_CONTAINER, trueLabel } from './query.js'

type Facts = ReadonlyMap<FactName, readonly Series[]>
export type RawSamples = ReadonlyMap<RawName, readonly Series[]>

/**
 * Which samples are read, by which label they are narrowed down to what needs them, and how many seconds before and
 * after the window.
 */
const RAW_QUERIES: Record<RawName, { metric: string; extra: string; by: string; beyond?: number }> = {
  cpuAllocated: { metric: 'container_cpu_allocation', extra: `,${REAL_CONTAINER}`, by: 'node' },
  ramAllocated: { metric: 'container_memory_allocation_bytes', extra: `,${REAL_CONTAINER}`, by: 'node' },
  gpuAllocated: { metric: 'container_gpu_allocation', extra: `,${REAL_CONTAINER}`, by: 'node' },
  nodeCpuPrice: { metric: 'node_cpu_hourly_cost', extra: '', by: 'node' },
  nodeRamPrice: { metric: 'node_ram_hourly_cost', extra: '', by: 'node' },
  nodeGpuPrice: { metric: 'node_gpu_hourly_cost', extra: '', by: 'node' },
  podClaims: { metric: 'pod_pvc_allocation', extra: '', by: 'persistentvolumeclaim' },
  networkEgress: {
    metric: 'kubecost_pod_network_egress_bytes_total',
    extra: PRICED_TRAFFIC,
    by: 'pod_name',
    // A counter's pace is told by its neighbours where it has a single sample in the window.
    beyond: 300,
  },
}
const OF_NODES = [
  'cpuAllocated',
  'ramAllocated',
  'gpuAllocated',
  'nodeCpuPrice',
  'nodeRamPrice',
  'nodeGpuPrice',
] as const satisfies readonly RawName[]

/** More names than this make an expression that a server may refuse. */
const NAMES_PER_QUERY = 200

/**
 * Reads sample by sample what sums over the hour can't tell: nodes whose price moved, claims that several pods hold,
 * traffic counters that began, ended or were reset within the hour. Everything else costs nothing here.
 */
export async function readRaw(
  source: Source,
  windows: readonly Window[],
  facts: Facts,
): Promise<Map<Window, RawSamples>> {
  const found = new Map<Window, RawSamples>()
  await Promise.all(
    windows.map(async window => {
      const samples = await readWindow(source, window, facts)
      if (samples.size > 0) found.set(window, samples)
    }),
  )
  return found
}

async function readWindow(source: Source, window: Window, facts: Facts): Promise<RawSamples> {
  const at = windowEnd(window)
  const wanted = new Map<RawName, string[]>()
  const nodes = unsteadyNodes(facts, at)
  if (nodes.length > 0) for (const name of OF_NODES) wanted.set(name, nodes)
  const claims = sharedClaims(facts, at)
  if (claims.length > 0) wanted.set('podClaims', claims)
  const pods = unsteadyTraffic(facts, at)
  if (pods.length > 0) wanted.set('networkEgress', pods)
  const samples = new Map<RawName, readonly Series[]>()
  await Promise.all(
    [...wanted].map(async ([name, names]) => {
      samples.set(name, await askNamed(source, name, names, at, hasMovedNodes(facts, at)))
    }),
  )
  return samples
}

/** Nodes are asked for under either label where some scrape of the cluster moved it; a series has one or the other. */
async function askNamed(
  source: Source,
  name: RawName,
  names: readonly string[],
  time: number,
  hasMoved: boolean,
): Promise<Series[]> {
  const { by } = RAW_QUERIES[name]
  if (by !== 'node' || !hasMoved) return askRaw(source, name, names, time)
  const plain = await askRaw(source, name, names, time, { by, extra: ',exported_node=""' })
  const moved = await askRaw(source, name, names, time, { by: 'exported_node', extra: '' })
  return [...plain, ...moved]
}

function hasMovedNodes(facts: Facts, at: number): boolean {
  return pointsAt(facts, 'nodeSamples', at).some(series => label(series, 'exported_node') !== '')
}

/** The label that names are matched against, and further matchers. */
interface Where {
  readonly by: string
  readonly extra: string
}

async function askRaw(
  source: Source,
  name: RawName,
  names: readonly string[],
  time: number,
  where: Where = { by: RAW_QUERIES[name].by, extra: '' },
): Promise<Series[]> {
  if (names.length > NAMES_PER_QUERY) return askInHalves(source, name, names, time, where)
  const { metric, extra, beyond = 0 } = RAW_QUERIES[name]
  try {
    const answer = await source.client.queryInstant({
      account: source.account,
      expression: `${metric}{${sourceMatchers(source)}${extra}${where.extra},${oneOf(where.by, names)}}[${HOUR_SECONDS + 2 * beyond}s] offset 1ms`,
      time: time + beyond,
      ...(source.signal ? { signal: source.signal } : {}),
    })
    if (answer.annotations.warning > 0) source.onFlagged?.(metric)
    refuseOtherCluster(source, metric, answer.series)
    return [...answer.series]
  } catch (error) {
    if (!isTooMuch(error) || names.length === 1) throw error
    return askInHalves(source, name, names, time, where)
  }
}

async function askInHalves(
  source: Source,
  name: RawName,
  names: readonly string[],
  time: number,
  where: Where,
): Promise<Series[]> {
  const middle = Math.ceil(names.length / 2)
  return [
    ...(await askRaw(source, name, names.slice(0, middle), time, where)),
    ...(await askRaw(source, name, names.slice(middle), time, where)),
  ]
}

/** Node names whose price moved within the hour, or that passed from one machine to another. */
function unsteadyNodes(facts: Facts, at: number): string[] {
  const nodes = new Set<string>()
  for (const series of pointsAt(facts, 'nodePriceChanges', at)) nodes.add(trueLabel(series, 'node'))
  const machines = new Map<string, Set<string>>()
  for (const series of pointsAt(facts, 'nodeSamples', at)) {
    const providerId = label(series, 'provider_id')
    if (providerId !== '') groupOf(machines, trueLabel(series, 'node')).add(providerId)
  }
  for (const [node, ids] of machines) if (ids.size > 1) nodes.add(node)
  nodes.delete('')
  return [...nodes].sort()
}

/** Claims that more than one pod held in the hour, by name; a name may stand in several namespaces. */
function sharedClaims(facts: Facts, at: number): string[] {
  const holders = new Map<string, Set<string>>()
  for (const series of pointsAt(facts, 'podClaimSamples', at)) {
    const claim = `${trueLabel(series, 'namespace')}\0${label(series, 'persistentvolumeclaim')}`
    groupOf(holders, claim).add(trueLabel(series, 'pod'))
  }
  const shared = [...holders].filter(([, pods]) => pods.size > 1)
  return [...new Set(shared.map(([claim]) => claim.slice(claim.indexOf('\0') + 1)))].sort()
}

/** Pods whose counters were not there all the time that the steadiest of their job was, or began anew. */
function unsteadyTraffic(facts: Facts, at: number): string[] {
  const pods = new Set<string>()
  for (const series of pointsAt(facts, 'networkResets', at)) pods.add(label(series, 'pod_name'))
  const told = (facts.get('networkSamples') ?? []).flatMap(series => {
    const i = series.times.indexOf(at)
    return i < 0 ? [] : [{ series, job: label(series, 'job'), samples: series.values[i] ?? 0 }]
  })
  const most = new Map<string, number>()
  for (const { job, samples } of told) most.set(job, Math.max(most.get(job) ?? 0, samples))
  for (const { series, job, samples } of told)
    if (samples !== most.get(job)) pods.add(label(series, 'pod_name'))
  return [...pods].sort()
}

function pointsAt(facts: Facts, fact: FactName, at: number): Series[] {
  return (facts.get(fact) ?? []).filter(series => series.times.includes(at))
}

function groupOf(groups: Map<string, Set<string>>, key: string): Set<string> {
  const known = groups.get(key)
  if (known) return known
  const group = new Set<string>()
  groups.set(key, group)
  return group
}
