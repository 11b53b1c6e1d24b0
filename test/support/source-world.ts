import { expect } from 'vitest'
import {
  assembleEstate,
  createEstate,
  type Estate,
  NORTH_ACCOUNT,
  SHOP_ACCOUNT,
} from '../../src/sample/estate.js'
import type { AccountModel, LateSamples } from '../../src/sample/model.js'
import type { SeriesModel } from '../../src/sample/series.js'
import { ingestAll } from './ingest.js'
import { type LoadedRows, loadedRows } from './loaded-rows.js'
import { ACCOUNT, CLUSTER, changed, FIRST, HOUR, openSampleWorld, type SampleWorld } from './sample-world.js'

const HOURS = 3
/** Afternoon hours of the sample days: agents start anew, prices move, a pod moves. */
export const START = FIRST + 13 * HOUR
export const WINDOWS = 2 * HOURS
/** The cluster with recording rules, agents of the new spelling and old names of requests. */
export const RULED = 'cluster-two'

/** Both clusters of the sample estate that tell most, under one account. */
export function richEstate(late: readonly LateSamples[] = []): Estate {
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

/** What was loaded of an estate, every window of which has to be published. */
export interface Loaded {
  readonly rows: LoadedRows
  /** Codes of all windows' reasons to be less than whole, as analysts see them; in order. */
  readonly reasons: readonly string[]
}

export async function loadWhole(estate: Estate): Promise<Loaded> {
  return withLoaded(estate, async world => {
    expect(await ingestAll(world.context())).toEqual({ published: WINDOWS, unchanged: 0, open: 0 })
    const { pool } = world.database
    const { rows } = await pool.query<{ code: string }>(
      'select distinct unnest(partial_reasons) as code from analytics.data_quality order by 1',
    )
    return { rows: await loadedRows(pool), reasons: rows.map(({ code }) => code) }
  })
}

/** Opens a world for as long as the work takes. */
export async function withLoaded<T>(estate: Estate, work: (world: SampleWorld) => Promise<T>): Promise<T> {
  const world = await openSampleWorld({ estate })
  try {
    return await work(world)
  } finally {
    await world.close()
  }
}

export const job = (series: SeriesModel) => series.labels.get('job') ?? ''

/** The series with other labels; an empty value takes a label away. */
export function relabelled(series: SeriesModel, labels: Record<string, string>): SeriesModel {
  const pairs = [...new Map([...series.labels, ...Object.entries(labels)])].filter(
    ([, value]) => value !== '',
  )
  return { ...series, labels: new Map(pairs.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/** An estate with more series beside its own. */
export function withCopies(
  estate: Estate,
  copy: (series: SeriesModel, name: string) => SeriesModel | undefined,
): Estate {
  const own = estate.series(ACCOUNT)
  const made = own.flatMap(one => copy(one, one.labels.get('__name__') ?? '') ?? [])
  expect(made.length).toBeGreaterThan(0)
  return { ...estate, series: () => [...own, ...made] }
}

/** An estate without the series whose names match, of which there have to be some. */
export function without(estate: Estate, names: RegExp): Estate {
  const rest = changed(estate, (one, name) => (names.test(name) ? undefined : one))
  expect(rest.series(ACCOUNT).length).toBeLessThan(estate.series(ACCOUNT).length)
  return rest
}
