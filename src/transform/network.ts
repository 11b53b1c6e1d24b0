import { toMoney } from '../domain/money.js'
import type { RemainderRow } from '../domain/rows.js'
import { type FactName, label, type Series } from '../domain/samples.js'
import { GIB } from '../domain/units.js'
import { type Hour, keyBy, readingsOf } from './hour.js'
import { addAmount, type PodAmount, podKey, type RunningPod } from './pods.js'
import { isPrice } from './prices.js'
import type { Tally } from './tally.js'
import { countedBytes } from './traffic.js'

export const TRAFFIC_WAYS = ['zone', 'region', 'internet'] as const
export type TrafficWay = (typeof TRAFFIC_WAYS)[number]

/** Prices of last resort, as Kubecost and OpenCost ship them: currency per GiB. */
const DEFAULT_PRICES = { zone: 0.01, region: 0.01, internet: 0.12 } as const
const PRICE_FACTS = {
  zone: 'networkZonePrice',
  region: 'networkRegionPrice',
  internet: 'networkInternetPrice',
} as const satisfies Record<TrafficWay, FactName>

/** Traffic that left its zone, and who bears its cost. */
export interface Network {
  /** Whether it is known what a pod (by its key) sent. Where nothing was told of traffic its cost is unknown, not 0. */
  readonly isKnown: (pod: string) => boolean
  /** By pod key; quantity in GiB. */
  readonly amounts: Readonly<Record<TrafficWay, Map<string, PodAmount>>>
  /** Traffic of pods of which nothing else is known. */
  readonly remainders: RemainderRow[]
}

/** More than any network card sends in an hour. */
const IMPOSSIBLE_BYTES = 1e15

const trafficKey = keyBy(
  'namespace',
  'pod_name',
  'service',
  'internet',
  'same_zone',
  'same_region',
  'sameZone',
  'sameRegion',
)

/** Bytes × price of a GiB, by pod and way. Host-network pods share their node's address and are told as one. */
export function network(hour: Hour, pods: ReadonlyMap<string, RunningPod>, tally: Tally): Network {
  const amounts = { zone: new Map(), region: new Map(), internet: new Map() }
  if (readingsOf(hour, 'networkSeries').length === 0) {
    if (pods.size > 0)
      tally.warn(
        'network_not_collected',
        'kubecost_pod_network_egress_bytes_total is absent: the network-costs DaemonSet is not there or not scraped',
      )
    return { isKnown: () => false, amounts, remainders: [] }
  }
  const prices = pricesOf(hour, tally)
  const unknown = new Map<string, { way: TrafficWay; namespace: string; pod: string; bytes: number }>()
  const { counted, broken } = bytesBySeries(hour, tally)
  for (const { series, bytes } of counted) {
    const way = wayOf(series)
    if (way === undefined || bytes === 0) continue
    const namespace = label(series, 'namespace')
    const pod = label(series, 'pod_name')
    const key = podKey(namespace, pod)
    const gib = bytes / GIB
    if (pods.has(key)) addAmount(amounts[way], key, toMoney(gib * prices[way]), gib)
    else {
      const other = unknown.get(`${way}\0${key}`) ?? { way, namespace, pod, bytes: 0 }
      unknown.set(`${way}\0${key}`, { ...other, bytes: other.bytes + bytes })
    }
  }
  return {
    isKnown: pod => !broken.has(pod),
    amounts,
    remainders: [...unknown.values()].map(one => remainder(one, prices)),
  }
}

function remainder(
  traffic: { way: TrafficWay; namespace: string; pod: string; bytes: number },
  prices: Readonly<Record<TrafficWay, number>>,
): RemainderRow {
  const gib = traffic.bytes / GIB
  return {
    kind: 'unallocated',
    part: `network_${traffic.way}`,
    namespace: traffic.namespace,
    name: traffic.pod,
    quantity: gib,
    cost: toMoney(gib * prices[traffic.way]),
  }
}

/** Where traffic goes; undefined: it stays in its zone, which is free. Both spellings of the labels are known. */
function wayOf(series: Series): TrafficWay | undefined {
  if (label(series, 'internet') === 'true') return 'internet'
  const inRegion = label(series, 'same_region') || label(series, 'sameRegion')
  const inZone = label(series, 'same_zone') || label(series, 'sameZone')
  if (inRegion === 'false') return 'region'
  return inZone === 'false' ? 'zone' : undefined
}

function pricesOf(hour: Hour, tally: Tally): Record<TrafficWay, number> {
  const price = (way: TrafficWay): number => {
    const found = readingsOf(hour, PRICE_FACTS[way])[0]
    if (found?.value === 0 || isPrice(found?.value)) return found.value
    if (found) tally.reject('impossible_price', `kubecost_network_${way}_egress_cost`, found.series)
    tally.warn('price_estimated', `default price of traffic (${way})`)
    return DEFAULT_PRICES[way]
  }
  return { zone: price('zone'), region: price('region'), internet: price('internet') }
}

/** Bytes of each counter, of the job that counted most where several tell of one pod. */
function bytesBySeries(
  hour: Hour,
  tally: Tally,
): { counted: { series: Series; bytes: number }[]; broken: ReadonlySet<string> } {
  const broken = new Set<string>()
  const exact = countedBytes(hour, trafficKey)
  const best = new Map<string, { series: Series; bytes: number }>()
  const jobs = new Map<string, Map<string, { series: Series; bytes: number }>>()
  const add = (series: Series, bytes: number) => {
    if (!(bytes >= 0 && bytes < IMPOSSIBLE_BYTES)) {
      tally.reject('impossible_traffic', 'kubecost_pod_network_egress_bytes_total', series)
      tally.warn('network_not_measured', 'traffic counters that cannot be were left out; see the rejects')
      broken.add(podKey(label(series, 'namespace'), label(series, 'pod_name')))
      return
    }
    const byJob = jobs.get(trafficKey(series)) ?? new Map()
    jobs.set(trafficKey(series), byJob)
    const job = label(series, 'job')
    byJob.set(job, { series, bytes: (byJob.get(job)?.bytes ?? 0) + bytes })
  }
  for (const { series, value } of readingsOf(hour, 'networkEgress')) {
    if (!exact.has(trafficKey(series))) add(series, value)
  }
  for (const list of exact.values()) for (const { series, bytes } of list) add(series, bytes)
  for (const [key, byJob] of jobs) {
    for (const one of byJob.values()) if (one.bytes >= (best.get(key)?.bytes ?? 0)) best.set(key, one)
  }
  return { counted: [...best.values()], broken }
}
