import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  assembleEstate,
  createEstate,
  type Estate,
  NORTH_ACCOUNT,
  SHOP_ACCOUNT,
} from '../../src/sample/estate.js'
import type { AccountModel, LateSamples } from '../../src/sample/model.js'
import type { SeriesModel } from '../../src/sample/series.js'
import { ingestAll } from '../support/ingest.js'
import { differences, type LoadedRows, loadedRows } from '../support/loaded-rows.js'
import {
  ACCOUNT,
  CLUSTER,
  changed,
  FIRST,
  HOUR,
  openSampleWorld,
  type SampleWorld,
} from '../support/sample-world.js'

const HOURS = 3
/** Afternoon hours of the sample days: agents start anew, prices move, a pod moves. */
const START = FIRST + 13 * HOUR
/** The cluster with recording rules, agents of the new spelling and old names of requests. */
const RULED = 'cluster-two'

/** Both clusters of the sample estate that tell most, under one account. */
function estateOf(late: readonly LateSamples[] = []): Estate {
  const bounds = { start: START, end: START + HOURS * HOUR }
  const { accounts } = createEstate(bounds)
  const clusters = [NORTH_ACCOUNT, SHOP_ACCOUNT].map((id, i) => {
    const cluster = accounts.find(({ cloudAccountId }) => cloudAccountId === id)?.clusters[0]
    if (cluster === undefined) throw new Error('the sample estate has another shape')
    return { ...cluster, clusterId: i === 0 ? CLUSTER : RULED }
  })
  const [first] = accounts
  if (first === undefined) throw new Error('the sample estate has another shape')
  const account: AccountModel = { ...first, cloudAccountId: ACCOUNT, tenantId: ACCOUNT, clusters }
  return assembleEstate({ ...bounds, late }, [account])
}

const WHOLE = estateOf()

let plain: LoadedRows
let world: SampleWorld | undefined
beforeAll(async () => {
  plain = await rowsOf(WHOLE)
}, 120_000)
afterEach(async () => {
  await world?.close()
  world = undefined
})

/** Loads an estate whole; every window of it has to be published. */
async function load(estate: Estate): Promise<SampleWorld> {
  world = await openSampleWorld({ estate })
  expect(await ingestAll(world.context())).toEqual({ published: 2 * HOURS, unchanged: 0, open: 0 })
  return world
}

async function rowsOf(estate: Estate): Promise<LoadedRows> {
  const { database } = await load(estate)
  const rows = await loadedRows(database.pool)
  await world?.close()
  world = undefined
  return rows
}

/** The series with other labels; an empty value takes a label away. */
function relabelled(series: SeriesModel, labels: Record<string, string>): SeriesModel {
  const pairs = [...new Map([...series.labels, ...Object.entries(labels)])].filter(
    ([, value]) => value !== '',
  )
  return { ...series, labels: new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

const job = (series: SeriesModel) => series.labels.get('job') ?? ''

/** An estate with more series beside its own. */
function withCopies(copy: (series: SeriesModel, name: string) => SeriesModel | undefined): Estate {
  const made = WHOLE.series(ACCOUNT).flatMap(one => copy(one, one.labels.get('__name__') ?? '') ?? [])
  return { ...WHOLE, series: () => [...WHOLE.series(ACCOUNT), ...made] }
}

describe('one cluster that is told of twice', () => {
  test('by two kube-state-metrics gives the same rows', async () => {
    const estate = withCopies(one =>
      job(one) === 'kube-state-metrics'
        ? relabelled(one, { job: 'kube-state-metrics-2', instance: '10.96.7.99:8080' })
        : undefined,
    )
    expect(estate.series(ACCOUNT).length).toBeGreaterThan(WHOLE.series(ACCOUNT).length)
    expect(differences(await rowsOf(estate), plain)).toEqual([])
  })

  test('by two scrape jobs of the cost exporter, the second half as often, gives the same rows', async () => {
    const estate = withCopies(one =>
      job(one) === 'kubecost' ? { ...relabelled(one, { job: 'opencost' }), interval: 120 } : undefined,
    )
    expect(differences(await rowsOf(estate), plain)).toEqual([])
  })
})

/** What Prometheus puts on the series of a target by itself: of the exporters all that they may be confused with. */
function targetOf(series: SeriesModel): Record<string, string> {
  if (job(series) === 'kubernetes-nodes-cadvisor') return { namespace: 'kube-system', service: 'kubelet' }
  return {
    namespace: 'monitoring',
    pod: `${job(series)}-0`,
    container: 'exporter',
    node: 'gke-nord-pool-b',
    instance: '10.0.0.7:9003',
    service: job(series),
  }
}

/** As a scrape without `honor_labels` passes the series on: what the exporter says is moved out of the way. */
function moved(series: SeriesModel): SeriesModel {
  if (job(series) === '') return series
  const target = targetOf(series)
  const exported = Object.keys(target).map(name => [`exported_${name}`, series.labels.get(name) ?? ''])
  return relabelled(series, { ...Object.fromEntries(exported), ...target })
}

test('a source whose scrapes do not honour labels gives the same rows', async () => {
  expect(differences(await rowsOf(changed(WHOLE, moved)), plain)).toEqual([])
}, 120_000)

/** Without the series whose names match. */
function without(estate: Estate, names: RegExp): Estate {
  return changed(estate, (one, name) => (names.test(name) ? undefined : one))
}

/** Columns of all rows of one table that are null in every row of `found` and in not every row of `plain`. */
function lostColumns(found: LoadedRows, table: 'allocations' | 'nodes'): string[] {
  const nulls = (rows: readonly unknown[]) => {
    const records = rows as Record<string, unknown>[]
    return Object.keys(records[0] ?? {}).filter(name => records.every(row => row[name] === null))
  }
  const before = nulls(plain[table])
  return nulls(found[table])
    .filter(name => !before.includes(name))
    .sort()
}

async function reasons(): Promise<string[]> {
  const { rows } = await (world as SampleWorld).database.pool.query<{ code: string }>(
    'select distinct unnest(partial_reasons) as code from analytics.data_quality order by 1',
  )
  return rows.map(({ code }) => code)
}

const ESTIMATED = 'price_estimated'

describe('a metric that money does not stand or fall with', () => {
  let usual: string[]
  beforeAll(async () => {
    await load(WHOLE)
    usual = await reasons()
    expect(usual).toEqual([ESTIMATED])
    await world?.close()
    world = undefined
  })

  test.each([
    [
      /^kube_pod_container_resource_requests/,
      'requests_not_collected',
      ['cpu_core_request_hours', 'ram_gib_request_hours'],
      [],
    ],
    [/^kube_pod_owner$/, 'owners_not_collected', ['controller', 'controller_kind'], []],
    [
      /^(kubecost_container_cpu_usage_irate|container_cpu_usage_seconds_total)$/,
      'cpu_usage_not_collected',
      ['cpu_core_used_hours'],
      [],
    ],
    [/^container_memory_working_set_bytes$/, 'ram_usage_not_collected', ['ram_gib_used_hours'], []],
    [/^kubecost_node_is_spot$/, 'spot_not_collected', [], ['spot_ratio']],
    [/^kube_node_labels$/, 'node_labels_not_collected', [], ['node_pool', 'zone']],
    [/^pod_pvc_allocation$/, 'pv_not_collected', ['pv_cost', 'pv_gib_hours'], []],
    [
      /^kubecost_pod_network_/,
      'network_not_collected',
      [
        'network_internet_cost',
        'network_internet_gib',
        'network_region_cost',
        'network_region_gib',
        'network_zone_cost',
        'network_zone_gib',
      ],
      [],
    ],
    [/^kube_(pod|namespace)_labels$/, 'labels_not_collected', ['labels', 'pod_uid'], []],
  ])(
    '%s leaves its columns null when it is absent, and says so',
    async (names, code, ofContainers, ofNodes) => {
      const { database } = await load(without(WHOLE, names))
      const rows = await loadedRows(database.pool)
      expect(await reasons()).toEqual([...usual, code].sort())
      expect(lostColumns(rows, 'allocations')).toEqual(ofContainers)
      expect(lostColumns(rows, 'nodes')).toEqual(ofNodes)
    },
  )
})
