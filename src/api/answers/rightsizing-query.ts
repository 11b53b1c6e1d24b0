import { type RawBuilder, sql } from 'kysely'
import { SYSTEM_NAMESPACES } from '../../domain/namespaces.js'
import type { ValueFilter } from '../query/asked.js'
import { allOf, satisfies } from '../query/where.js'
import type { RightsizingBody, RightsizingRow } from '../schemas/rightsizing.js'
import { type IgnoreState, ignoreTables, isIgnored } from './rightsizing-ignored.js'

/** Which recommendations are shown. */
export interface RightsizingFilters {
  readonly action: string | undefined
  readonly minConfidence: number
  /** Account currency a month. */
  readonly minSaving: number | undefined
  /** Also what runs for Kubernetes itself, and what no workload owns. */
  readonly includeSystem: boolean
  readonly includeIgnored: boolean
  readonly workloads: Readonly<Record<'cluster' | 'namespace' | 'kind' | 'name' | 'container', ValueFilter>>
}

/** Recommendations of an account to be asked, what is ignored of them, and which are shown. */
export interface RightsizingScope {
  readonly cloudAccountId: string
  /** A table of rows as in warehouse.rightsizing. */
  readonly source: RawBuilder<unknown>
  readonly filters: RightsizingFilters
  readonly ignore: IgnoreState
}

type Amount = 'cpu_saving' | 'ram_saving' | 'saving_month' | 'cost_month'

/** A row with its money as exact decimal text. */
type RightsizingRecord = Omit<RightsizingRow, Amount> & Record<Amount, string | null>

/** Totals of all rows beside each row of the page; one record without a row where the page is empty. */
export type RightsizingPage = { totals: RightsizingTotals } & (RightsizingRecord | { cluster: null })

export type RightsizingTotals = Pick<
  RightsizingBody,
  'total_count' | 'gross_decrease' | 'gross_increase' | 'net' | 'confidence_levels' | 'excluded'
>

const AMOUNTS: readonly string[] = [
  'cpu_saving',
  'ram_saving',
  'saving_month',
  'cost_month',
] satisfies Amount[]
const FIGURES = ['request', 'limit', 'mean', 'p95', 'p99', 'max', 'recommended', 'action', 'saving']
const COLUMNS = [
  ...['namespace', 'controller_kind', 'controller', 'container', 'replicas'],
  ...['cpu', 'ram'].flatMap(resource => FIGURES.map(figure => `${resource}_${figure}`)),
  ...['saving_month', 'cost_month', 'action', 'reasons', 'severity', 'confidence', 'confidence_level'],
  ...[
    'span_hours',
    'coverage',
    'samples',
    'step_seconds',
    'cpu_source',
    'oom',
    'hpa',
    'snippet',
    'kubectl',
    'ignored',
  ],
]

/** One page of the recommendations and the totals of all of them. */
export function rightsizingPage(
  scope: RightsizingScope,
  selection: { sort: string; order: 'asc' | 'desc'; limit: number; offset: number },
): RawBuilder<RightsizingPage> {
  const { sort, order, limit, offset } = selection
  const id = ['cluster', 'namespace', 'controller_kind', 'controller', 'container']
  const inOrder = (name: string) => (id.includes(name) ? sql`${sql.ref(name)} collate "C"` : sql.ref(name))
  const told = (name: string) =>
    name === 'samples'
      ? sql`samples::float8 as samples`
      : sql`${sql.ref(name)}${AMOUNTS.includes(name) ? sql`::text` : sql``}`
  return sql<RightsizingPage>`
    with ${recommendations(scope)},
    ${totalsOfAll()},
    page as (
      select *, row_number() over (
        order by ${inOrder(sort)} ${order === 'asc' ? sql`asc` : sql`desc`} nulls last, ${sql.join(id.map(inOrder))}
      ) as place
      from asked
      order by place
      limit ${limit} offset ${offset}
    )
    select total.of_all as totals, cluster, ${sql.join(COLUMNS.map(told))}
    from total
    left join page on true
    order by place`
}

/** Common tables `found`, what the filters leave and why some of it is not shown, and `asked`, what is. */
function recommendations({ cloudAccountId, source, filters, ignore }: RightsizingScope): RawBuilder<unknown> {
  const withSystem = sql`${filters.includeSystem}::boolean`
  return sql`
    ${ignoreTables(cloudAccountId, ignore)},
    judged as materialized (
      select r.*, r.cluster_id as cluster, ${isIgnored()} as ignored
      from ${source} r
      where ${conditionOf(filters)}
    ),
    found as materialized (
      select *, case
        when not ${withSystem} and namespace = any(${SYSTEM_NAMESPACES}::text[]) then 'system'
        when not ${withSystem} and controller = '' then 'ownerless'
        when ignored and not ${filters.includeIgnored}::boolean then 'ignored'
      end as excluded_as
      from judged
    ),
    asked as (select * from found where excluded_as is null)`
}

/** Common table `total`, its one row an object as the answer has it. */
function totalsOfAll(): RawBuilder<unknown> {
  // Of both resources by themselves: what one saves the other may cost.
  const sums = sql`
    count(*)::int as count,
    coalesce(sum(cpu_saving) filter (where cpu_saving > 0), 0)
      + coalesce(sum(ram_saving) filter (where ram_saving > 0), 0) as decrease,
    coalesce(sum(cpu_saving), 0) + coalesce(sum(ram_saving), 0) as net`
  const amounts = (table: string) => {
    const [decrease, net] = [sql.ref(`${table}.decrease`), sql.ref(`${table}.net`)]
    return sql`'gross_decrease', coalesce(${decrease}, 0), 'gross_increase', coalesce(${net} - ${decrease}, 0),
      'net', coalesce(${net}, 0)`
  }
  const excluded = (why: string) => sql`(select count(*) from found where excluded_as = ${why})`
  return sql`
    summed as (select ${sums} from asked),
    by_level as (select confidence_level, ${sums} from asked group by 1),
    total as (
      select jsonb_build_object('total_count', s.count, ${amounts('s')},
        'confidence_levels', (
          select jsonb_agg(
            jsonb_build_object('confidence_level', l.name, 'count', coalesce(b.count, 0), ${amounts('b')})
            order by l.place
          )
          from unnest('{high,medium,low,insufficient}'::text[]) with ordinality as l (name, place)
          left join by_level b on b.confidence_level = l.name
        ),
        'excluded', jsonb_build_object(
          'system', ${excluded('system')}, 'ownerless', ${excluded('ownerless')}, 'ignored', ${excluded('ignored')}
        )
      ) as of_all
      from summed s
    )`
}

function conditionOf({ workloads, ...asked }: RightsizingFilters): RawBuilder<boolean> {
  const { cluster, namespace, kind, name, container } = workloads
  return allOf([
    sql<boolean>`r.confidence >= ${asked.minConfidence}`,
    ...(asked.action === undefined ? [] : [sql<boolean>`r.action = ${asked.action}`]),
    // What has no saving has none that is high enough.
    ...(asked.minSaving === undefined ? [] : [sql<boolean>`r.saving_month >= ${asked.minSaving}`]),
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
