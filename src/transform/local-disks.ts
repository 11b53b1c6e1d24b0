import { toMoney } from '../domain/money.js'
import type { AssetRow, NodeRow, RemainderRow } from '../domain/rows.js'
import { label, type Series } from '../domain/samples.js'
import { GIB } from '../domain/units.js'
import { type Hour, keyBy } from './hour.js'
import type { Tally } from './tally.js'
import { toldBy } from './told.js'
import { DEFAULT_STORAGE_PRICE } from './volumes.js'

/** A boot disk beyond this is a file system of something else. */
const IMPLAUSIBLE_GIB = 1024

const diskKey = keyBy('node', 'instance', 'device')

/** The disks that machines boot from, where cAdvisor tells of them. No pod asked for them, so their cost is unmounted. */
export function localDisks(
  hour: Hour,
  nodes: readonly NodeRow[],
  tally: Tally,
): { assets: AssetRow[]; remainders: RemainderRow[] } {
  const known = new Set(nodes.map(row => row.node))
  const assets = new Map<string, AssetRow>()
  for (const { series, hours, mean, unitHours } of toldBy(
    hour,
    'localDiskSamples',
    'localDiskSum',
    diskKey,
  ).values()) {
    if (!(mean >= 0) || mean / GIB > IMPLAUSIBLE_GIB) {
      tally.reject('implausible_local_disk', 'container_fs_limit_bytes', series)
      continue
    }
    const node = nodeOf(series, known)
    const assetId = `${node}:${label(series, 'device')}`
    // The same disk told under the node's name and under its address is one disk.
    if (assets.has(assetId)) continue
    assets.set(assetId, {
      assetType: 'disk',
      assetId,
      name: assetId,
      namespace: null,
      claim: null,
      storageClass: null,
      providerId: null,
      minutes: hours * 60,
      gib: mean / GIB,
      price: DEFAULT_STORAGE_PRICE,
      priceSource: 'default',
      totalCost: toMoney((unitHours / GIB) * DEFAULT_STORAGE_PRICE),
    })
  }
  return { assets: [...assets.values()], remainders: [...assets.values()].map(unmounted) }
}

function nodeOf(series: Series, known: ReadonlySet<string>): string {
  const node = label(series, 'node')
  const instance = label(series, 'instance')
  return node || (known.has(instance) ? instance : instance.replace(/:\d+$/, ''))
}

function unmounted(disk: AssetRow): RemainderRow {
  return {
    kind: 'unmounted',
    part: 'pv',
    namespace: '',
    name: disk.assetId,
    quantity: ((disk.gib ?? 0) * disk.minutes) / 60,
    cost: disk.totalCost,
  }
}
