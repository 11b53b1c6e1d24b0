import type pg from 'pg'
import { type Money, parseMoney } from '../domain/money.js'
import type { UsageRow } from '../domain/usage.js'
import { dayOf, type Window } from '../domain/window.js'
import { type BinaryWriter, copyRows } from './copy-binary.js'
import type { Cluster } from './dimensions.js'

/** A column, the member of the row that it holds, and its type. */
type Column =
  | readonly [column: string, member: NumberMember, type: 'int4' | 'int8']
  | readonly [column: string, member: MaybeNumberMember, type: 'float8']
  | readonly [column: string, member: 'cpuCost' | 'ramCost', type: 'numeric']
  | readonly [column: string, member: SketchMember, type: 'bytea']
  | readonly [column: string, member: 'oom' | 'oomInferred' | 'hpaCpu' | 'hpaRam', type: 'bool']

type MemberOf<T> = { [K in keyof UsageRow]: UsageRow[K] extends T ? K : never }[keyof UsageRow]
type NumberMember = MemberOf<number>
type MaybeNumberMember = MemberOf<number | null>
type SketchMember = 'cpuSketch' | 'cpuHotSketch' | 'ramPeakSketch' | 'ramMeanSketch'

/** What hours and days have alike, in the order in which it is copied. */
const MEASURES: readonly Column[] = [
  ['hours_covered', 'hoursCovered', 'int4'],
  ['step_worth', 'stepWorth', 'float8'],
  ['pods', 'pods', 'int4'],
  ['pod_seconds', 'podSeconds', 'float8'],
  ['cpu_points', 'cpuPoints', 'int4'],
  ['cpu_points_expected', 'cpuPointsExpected', 'float8'],
  ['step_seconds', 'stepSeconds', 'float8'],
  ['cpu_weight', 'cpuWeight', 'int8'],
  ['cpu_sum', 'cpuSum', 'float8'],
  ['cpu_max', 'cpuMax', 'float8'],
  ['cpu_hot_sum', 'cpuHotSum', 'float8'],
  ['cpu_hot_hours', 'cpuHotHours', 'int4'],
  ['cpu_sketch', 'cpuSketch', 'bytea'],
  ['cpu_hot_sketch', 'cpuHotSketch', 'bytea'],
  ['cpu_request', 'cpuRequest', 'float8'],
  ['cpu_limit', 'cpuLimit', 'float8'],
  ['cpu_core_hours', 'cpuCoreHours', 'float8'],
  ['cpu_core_request_hours', 'cpuCoreRequestHours', 'float8'],
  ['cpu_cost', 'cpuCost', 'numeric'],
  ['ram_weight', 'ramWeight', 'int8'],
  ['ram_max', 'ramMax', 'float8'],
  ['ram_peak_sketch', 'ramPeakSketch', 'bytea'],
  ['ram_mean_sketch', 'ramMeanSketch', 'bytea'],
  ['ram_used_gib_hours', 'ramUsedGibHours', 'float8'],
  ['ram_measured_hours', 'ramMeasuredHours', 'float8'],
  ['ram_request', 'ramRequest', 'float8'],
  ['ram_limit', 'ramLimit', 'float8'],
  ['ram_gib_hours', 'ramGibHours', 'float8'],
  ['ram_gib_request_hours', 'ramGibRequestHours', 'float8'],
  ['ram_cost', 'ramCost', 'numeric'],
  ['oom', 'oom', 'bool'],
  ['oom_inferred', 'oomInferred', 'bool'],
  ['oom_bytes', 'oomBytes', 'float8'],
  ['restarts', 'restarts', 'float8'],
  ['cpu_periods', 'cpuPeriods', 'float8'],
  ['cpu_throttled_periods', 'cpuThrottledPeriods', 'float8'],
  ['hpa_cpu', 'hpaCpu', 'bool'],
  ['hpa_ram', 'hpaRam', 'bool'],
]

/** The names in the key, as columns. */
const NAMES = ['namespace', 'controller_kind', 'controller', 'container']
/** The order in which rows of one container follow each other. */
export const BY_CONTAINER = NAMES.join(', ')

const MEASURE_COLUMNS = MEASURES.map(([column]) => column)
const HOUR_COLUMNS = ['cloud_account_id', 'cluster_id', 'window_start', ...NAMES, ...MEASURE_COLUMNS]
const DAY_COLUMNS = [
  'cloud_account_id',
  'cluster_id',
  'day',
  ...NAMES,
  'first_window',
  'last_window',
  'hours',
  ...MEASURE_COLUMNS,
]

/** Copies rows of single windows into usage_hourly. */
export async function copyHours(
  client: pg.ClientBase,
  cluster: Cluster,
  rows: Iterable<UsageRow>,
): Promise<void> {
  const target = `warehouse.usage_hourly (${HOUR_COLUMNS.join(', ')})`
  await copyRows<UsageRow>(client, target, rows, HOUR_COLUMNS.length, (writer, row) => {
    writer.uuid(cluster.cloudAccountId)
    writer.text(cluster.clusterId)
    writer.timestamptz(row.firstWindow)
    writeNames(writer, row)
    for (const column of MEASURES) writeMeasure(writer, row, column)
  })
}

/** Copies sums of hours of one UTC day into usage_daily. */
export async function copyDays(
  client: pg.ClientBase,
  cluster: Cluster,
  rows: Iterable<UsageRow>,
): Promise<void> {
  const target = `warehouse.usage_daily (${DAY_COLUMNS.join(', ')})`
  await copyRows<UsageRow>(client, target, rows, DAY_COLUMNS.length, (writer, row) => {
    writer.uuid(cluster.cloudAccountId)
    writer.text(cluster.clusterId)
    writer.date(dayOf(row.firstWindow))
    writeNames(writer, row)
    writer.timestamptz(row.firstWindow)
    writer.timestamptz(row.lastWindow)
    writer.int4(row.hours)
    for (const column of MEASURES) writeMeasure(writer, row, column)
  })
}

function writeNames(writer: BinaryWriter, row: UsageRow): void {
  for (const name of [row.namespace, row.controllerKind, row.controller, row.container]) writer.text(name)
}

function writeMeasure(writer: BinaryWriter, row: UsageRow, column: Column): void {
  switch (column[2]) {
    case 'int4':
      writer.int4(row[column[1]])
      break
    case 'int8':
      writer.int8(BigInt(row[column[1]]))
      break
    case 'float8':
      writer.float8(row[column[1]])
      break
    case 'numeric':
      writer.numeric(row[column[1]])
      break
    case 'bytea':
      writer.bytea(row[column[1]])
      break
    case 'bool':
      writer.bool(row[column[1]])
      break
  }
}

/** The select list of a row of usage_hourly, which `hourOf` reads. */
export const HOUR_SELECT = [
  ...['namespace', 'controller_kind as "controllerKind"', 'controller', 'container'],
  'extract(epoch from window_start)::float8 as window',
  ...MEASURES.map(([column, member, type]) => `${column}${type === 'int8' ? '::float8' : ''} as "${member}"`),
].join(', ')

type Spans = 'firstWindow' | 'lastWindow' | 'hours'

/** A row of usage_hourly as `HOUR_SELECT` gives it. */
export type StoredHour = Omit<UsageRow, Spans | 'cpuCost' | 'ramCost'> & {
  readonly window: Window
  readonly cpuCost: string
  readonly ramCost: string
}

export function hourOf({ window, cpuCost, ramCost, ...row }: StoredHour): UsageRow {
  const money: { cpuCost: Money; ramCost: Money } = {
    cpuCost: parseMoney(cpuCost),
    ramCost: parseMoney(ramCost),
  }
  return { ...row, ...money, firstWindow: window, lastWindow: window, hours: 1 }
}
