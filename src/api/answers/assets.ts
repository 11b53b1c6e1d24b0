import { planDays } from '../facts/day-plan.js'
import { accepts, previousRange, type ValueFilter, type WindowRange } from '../query/asked.js'
import type { AssetRow, AssetsBody, AssetTypeSums } from '../schemas/assets.js'
import type { MetaBody } from '../schemas/common.js'
import type { RunQuery, Snapshot } from '../snapshot.js'
import { ASSET_TYPES, type AssetsQuery, type AssetType } from './asset-days.js'
import type { AssetTotals, AssetTypeRecord } from './asset-totals.js'
import { type AssetRecord, assetPage, assetRows, assetTotal } from './assets-query.js'
import { BY_HASH } from './by-hash.js'
import { pagePlace } from './cursor.js'
import { refuseExpired } from './expired.js'
import { describeRange } from './facts.js'
import type { AskedListing } from './listing.js'
import type { AskedRange, Subject } from './subject.js'

export interface AskedAssets extends AskedRange, AskedListing {
  readonly clusters: ValueFilter
  readonly nodes: ValueFilter
  /** Empty: all of them. */
  readonly types: readonly AssetType[]
}

export async function answerAssets(run: RunQuery, subject: Subject<AskedAssets>): Promise<AssetsBody> {
  const { asked } = subject
  refuseExpired(subject, 'days')
  const place = pagePlace(subject)
  const query = await assetsQuery(run, subject, asked.range)
  await run(BY_HASH)
  const records = await run(assetPage(query, { ...asked, offset: place.offset }))
  const rows = records.flatMap(record => (record.id === null ? [] : [toRow(record)]))
  const [totals] = records
  const count = totals?.set_count ?? 0
  const range = previousRange(asked.range)
  const [previous] = await run(assetTotal(await assetsQuery(run, subject, range)))
  const meta = await describeRange(run, subject, { clusters: asked.clusters, daysServe: true })
  return {
    start_date: asked.startDate,
    end_date: asked.endDate,
    total_cost: Number(totals?.set_cost ?? 0),
    total_count: count,
    previous_total: toNumber(previous?.total ?? null),
    previous_range_start: range.from,
    by_type: totals?.by_type.map(toSums) ?? [],
    assets: rows,
    meta: totals === undefined ? meta : withMissing(meta, query, totals),
    page: place.tell(rows.length, count),
  }
}

/** All assets in their order. */
export async function openAssets(
  snapshot: Snapshot,
  subject: Subject<AskedAssets>,
): Promise<(most: number) => Promise<AssetRow[]>> {
  const { asked } = subject
  refuseExpired(subject, 'days')
  const query = await assetsQuery(snapshot.run, subject, asked.range)
  await snapshot.run(BY_HASH)
  const next = await snapshot.open(assetRows(query, asked))
  return async most => (await next(most)).map(toRow)
}

async function assetsQuery(
  run: RunQuery,
  { cloudAccountId, asked }: Subject<AskedAssets>,
  range: WindowRange,
): Promise<AssetsQuery> {
  const { clusters, nodes } = asked
  const plan = await planDays(run, cloudAccountId, range)
  return { cloudAccountId, clusters, nodes, range, plan, types: typesOf(asked) }
}

/** Types of which a row may be asked for: none but nodes where the name of one is. */
function typesOf({ types, nodes }: AskedAssets): AssetType[] {
  return ASSET_TYPES.filter(
    type => (types.length === 0 || types.includes(type)) && (type === 'node' || accepts(null, nodes)),
  )
}

/** What the loader says of windows that lack all cost of a type. */
const ABSENCES: Partial<Record<AssetType, string>> = {
  disk: 'pv_not_collected',
  management: 'management_not_collected',
}

function withMissing(meta: MetaBody, { types }: AssetsQuery, totals: AssetTotals): MetaBody {
  const parts = (['cpu', 'ram', 'gpu'] as const)
    .map(part => [`${part}_cost`, totals[`no_${part}`]] as const)
    .filter(([, nodes]) => nodes > 0)
  const lacking = parts.map(([cost, nodes]) => `${cost} (nodes: ${nodes})`).join(', ')
  const own = {
    code: 'node_cost_not_measured',
    detail: `not known in some hour or other: ${lacking}; sums are without it`,
  }
  const isAbsent = types.some(type => meta.warnings.some(({ code }) => code === ABSENCES[type]))
  return {
    ...meta,
    partial: meta.partial || totals.is_untold || isAbsent || parts.length > 0,
    warnings: parts.length > 0 ? [own, ...meta.warnings] : meta.warnings,
  }
}

function toRow(record: AssetRecord): AssetRow {
  return {
    ...record,
    cpu_cost: toNumber(record.cpu_cost),
    ram_cost: toNumber(record.ram_cost),
    gpu_cost: toNumber(record.gpu_cost),
    total_cost: Number(record.total_cost),
    idle_cost: toNumber(record.idle_cost),
  }
}

function toSums(record: AssetTypeRecord): AssetTypeSums {
  return {
    ...record,
    total_cost: toNumber(record.total_cost),
    idle_cost: toNumber(record.idle_cost),
    spot_cost: toNumber(record.spot_cost),
  }
}

function toNumber(amount: string | null): number | null {
  return amount === null ? null : Number(amount)
}
