import { type RawBuilder, sql } from 'kysely'
import type { ValueFilter } from '../query/asked.js'
import { allOf, satisfies } from '../query/where.js'
import type { RightsizingRow } from '../schemas/rightsizing.js'

/** Which recommendations, by what they were computed with and for. */
export interface RightsizingScope {
  readonly cloudAccountId: string
  readonly profile: string
  readonly historyDays: number
  readonly action: string | undefined
  readonly minConfidence: number
  /** Account currency a month. */
  readonly minSaving: number | undefined
  readonly includeSystem: boolean
  readonly workloads: Readonly<Record<'cluster' | 'namespace' | 'kind' | 'name' | 'container', ValueFilter>>
}

type Saving = 'cpu_saving' | 'ram_saving' | 'saving_month'

/** A row with its money as exact decimal text. */
type RightsizingRecord = Omit<RightsizingRow, Saving> & Record<Saving, string | null>

/** Totals of all rows beside each row of the page; one record without a row where the page is empty. */
export type RightsizingPage = {
  set_count: number
  gross_decrease: string
  gross_increase: string
  net: string
} & (RightsizingRecord | { cluster: null })

/** Namespaces of Kubernetes itself: what runs there is the provider's or the operators' to size. */
const SYSTEM_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease']

const SAVINGS: readonly string[] = ['cpu_saving', 'ram_saving', 'saving_month'] satisfies Saving[]
const FIGURES = ['request', 'limit', 'mean', 'p95', 'p99', 'max', 'recommended', 'action', 'saving']
const COLUMNS = [
  ...['namespace', 'controller_kind', 'controller', 'container', 'replicas'],
  ...['cpu', 'ram'].flatMap(resource => FIGURES.map(figure => `${resource}_${figure}`)),
  ...['saving_month', 'action', 'reasons', 'severity', 'confidence', 'confidence_level', 'span_hours'],
  ...['coverage', 'samples', 'oom', 'hpa', 'snippet'],
]

/** One page of the recommendations and the totals of all of them. */
export function rightsizingPage(
  scope: RightsizingScope,
  selection: { sort: string; order: 'asc' | 'desc'; limit: number; offset: number },
): RawBuilder<RightsizingPage> {
  const { sort, order, limit, offset } = selection
  const id = ['cluster', 'namespace', 'controller_kind', 'controller', 'container']
  const inOrder = (name: string) => (id.includes(name) ? sql`${sql.ref(name)} collate "C"` : sql.ref(name))
  const text = (name: string) =>
    name === 'samples'
      ? sql`samples::float8 as samples`
      : sql`${sql.ref(name)}${SAVINGS.includes(name) ? sql`::text` : sql``}`
  return sql<RightsizingPage>`
    with asked as materialized (
      select r.*, r.cluster_id as cluster
      from warehouse.rightsizing r
      where ${conditionOf(scope)}
    ),
    -- Of both resources by themselves: what one saves the other may cost.
    totals as (
      select count(*)::int as set_count,
        coalesce(sum(cpu_saving) filter (where cpu_saving > 0), 0) as cpu_decrease,
        coalesce(sum(ram_saving) filter (where ram_saving > 0), 0) as ram_decrease,
        coalesce(sum(cpu_saving), 0) + coalesce(sum(ram_saving), 0) as net
      from asked
    ),
    page as (
      select *, row_number() over (
        order by ${inOrder(sort)} ${order === 'asc' ? sql`asc` : sql`desc`} nulls last, ${sql.join(id.map(inOrder))}
      ) as place
      from asked
      order by place
      limit ${limit} offset ${offset}
    )
    select set_count, (cpu_decrease + ram_decrease)::text as gross_decrease,
      (net - cpu_decrease - ram_decrease)::text as gross_increase, net::text as net,
      cluster, ${sql.join(COLUMNS.map(text))}
    from totals
    left join page on true
    order by place`
}

function conditionOf(scope: RightsizingScope): RawBuilder<boolean> {
  const { cluster, namespace, kind, name, container } = scope.workloads
  return allOf([
    sql<boolean>`r.cloud_account_id = ${scope.cloudAccountId}::uuid`,
    sql<boolean>`r.profile = ${scope.profile} and r.history_days = ${scope.historyDays}`,
    sql<boolean>`r.confidence >= ${scope.minConfidence}`,
    ...(scope.action === undefined ? [] : [sql<boolean>`r.action = ${scope.action}`]),
    // What has no saving has none that is high enough.
    ...(scope.minSaving === undefined ? [] : [sql<boolean>`r.saving_month >= ${scope.minSaving}`]),
    ...(scope.includeSystem ? [] : [sql<boolean>`r.namespace <> all(${SYSTEM_NAMESPACES}::text[])`]),
    satisfies(sql.ref('r.cluster_id'), cluster),
    satisfies(orNull('namespace'), namespace),
    satisfies(orNull('controller_kind'), kind),
    satisfies(orNull('controller'), name),
    satisfies(orNull('container'), container),
  ])
}

// '' is none, as these columns are the key.
function orNull(column: string): RawBuilder<unknown> {
  return sql`nullif(${sql.ref(`r.${column}`)}, '')`
}

/** When the newest recommendations of the account were computed, Unix seconds; null where none ever were. */
export function newestComputed(
  cloudAccountId: string,
  of?: Pick<RightsizingScope, 'profile' | 'historyDays'>,
): RawBuilder<{ computed_at: number | null }> {
  const only =
    of === undefined ? sql`true` : sql`profile = ${of.profile} and history_days = ${of.historyDays}`
  return sql<{ computed_at: number | null }>`
    select extract(epoch from max(computed_at))::float8 as computed_at
    from warehouse.rightsizing
    where cloud_account_id = ${cloudAccountId}::uuid and ${only}`
}
