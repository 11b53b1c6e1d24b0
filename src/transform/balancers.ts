import { splitMoney, toMoney } from '../domain/money.js'
import type { AssetPriceSource, AssetRow, Labels, RemainderRow } from '../domain/rows.js'
import { label } from '../domain/samples.js'
import { type Hour, keyBy, readingsOf } from './hour.js'
import { labelsOf, type PodLabels } from './labels.js'
import { addAmount, type PodAmount, type RunningPod } from './pods.js'
import { isPrice } from './prices.js'
import type { Tally } from './tally.js'
import { type Told, toldBy } from './told.js'

/** Price of last resort, as Kubecost and OpenCost ship it: currency per hour. */
const DEFAULT_BALANCER_PRICE = 0.025

/** Load balancers, and who bears their cost. */
export interface Balancers {
  readonly assets: AssetRow[]
  readonly remainders: RemainderRow[]
  /** By pod key; quantity in hours. */
  readonly amounts: Map<string, PodAmount>
  /** Whether it is known what the pods of a namespace bear; where it has no load balancer they bear nothing. */
  readonly isKnown: (namespace: string) => boolean
}

const serviceKey = keyBy('namespace', 'service_name')

/**
 * A load balancer costs its price for as long as it is there. Pods that its service selects bear that in proportion to
 * the time that they run beside it, each the same however many containers it has; where there is none, nobody does.
 */
export function balancers(
  hour: Hour,
  pods: ReadonlyMap<string, RunningPod>,
  labels: PodLabels,
  tally: Tally,
): Balancers {
  const unknown = new Set<string>()
  const found: Balancers = {
    assets: [],
    remainders: [],
    amounts: new Map(),
    isKnown: namespace => !unknown.has(namespace),
  }
  const told = toldBy(hour, 'balancerSamples', 'balancerCostSum', serviceKey)
  const selectors = selectorsOf(hour)
  for (const [key, life] of [...told].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const selector = selectors.get(key) ?? new Map()
    const namespace = label(life.series, 'namespace')
    const behind = [...pods].filter(
      ([, pod]) => pod.namespace === namespace && isSelected(selector, labels.own(namespace, pod.pod)),
    )
    book(found, life, behind, tally)
    if (selectors.size === 0) unknown.add(namespace)
  }
  if ([...pods.values()].some(pod => unknown.has(pod.namespace)))
    tally.warn(
      'load_balancer_not_shared',
      'there are load balancers, but service_selector_labels is absent, so none is put on a pod',
    )
  return found
}

/** What each service selects by; where that changed within the window, what held for longest. */
function selectorsOf(hour: Hour): Map<string, Labels> {
  const longest = new Map<string, { value: number; labels: Labels }>()
  for (const { series, value } of readingsOf(hour, 'serviceSelectors')) {
    const key = `${label(series, 'namespace')}\0${label(series, 'service')}`
    if (value > (longest.get(key)?.value ?? 0)) longest.set(key, { value, labels: labelsOf(series) })
  }
  return new Map([...longest].map(([key, { labels }]) => [key, labels]))
}

/** A service without a selector selects nothing. */
function isSelected(selector: Labels, labels: Labels | undefined): boolean {
  if (selector.size === 0 || labels === undefined) return false
  for (const [name, value] of selector) if (labels.get(name) !== value) return false
  return true
}

function book(
  found: Balancers,
  life: Told,
  behind: readonly (readonly [string, RunningPod])[],
  tally: Tally,
): void {
  const { series, hours } = life
  const namespace = label(series, 'namespace')
  const service = label(series, 'service_name')
  const { price, source } = priceOf(life, tally)
  const totalCost = toMoney(price * hours)
  found.assets.push({
    assetType: 'load_balancer',
    assetId: `${namespace}/${service}`,
    name: service,
    namespace,
    claim: null,
    storageClass: null,
    providerId: null,
    minutes: hours * 60,
    gib: null,
    price,
    priceSource: source,
    totalCost,
  })
  const beside = behind.map(([key, pod]) => ({ key, hours: Math.min(pod.hours, hours) }))
  const together = beside.reduce((sum, pod) => sum + pod.hours, 0)
  if (together === 0) {
    const remainder = { kind: 'unmounted', part: 'load_balancer', namespace, name: service } as const
    found.remainders.push({ ...remainder, quantity: hours, cost: totalCost })
    return
  }
  const costs = splitMoney(
    totalCost,
    beside.map(pod => pod.hours),
  )
  beside.forEach((pod, i) => {
    addAmount(found.amounts, pod.key, costs[i] ?? 0n, (hours * pod.hours) / together)
  })
}

function priceOf({ mean, series }: Told, tally: Tally): { price: number; source: AssetPriceSource } {
  if (isPrice(mean) || mean === 0) return { price: mean, source: 'measured' }
  tally.reject('impossible_price', 'kubecost_load_balancer_cost', series)
  tally.warn('price_estimated', 'a load balancer has no believable price; the default is used')
  return { price: DEFAULT_BALANCER_PRICE, source: 'default' }
}
