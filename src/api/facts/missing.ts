import { type RawBuilder, sql } from 'kysely'
import type { ValueFilter } from '../query/asked.js'
import { isByLabel } from '../query/parameters.js'
import { satisfies, startsIn } from '../query/where.js'
import { allFilters } from './columns.js'
import { windowsOf } from './parts.js'
import { type FactScope, LACKABLE, type Lackable, type RowShape } from './scope.js'

type Part = Lackable | 'management'

/** A part of the cost that windows of a cluster lack, for one reason. */
export interface MissingPart {
  readonly part: Part
  readonly cluster: string
  /** What the loader said about those windows; null where it said nothing. */
  readonly code: string | null
  readonly detail: string | null
  readonly windows: number
  /** Start of the first of them, Unix seconds. */
  readonly since: number
  /** Some fact of the answer lacks it. Else only the loader says so, and there is no fact that could. */
  readonly in_facts: boolean
}

const FIELDS: Record<Part, string> = {
  gpu: 'gpu_hours and gpu_cost',
  pv: 'pv_gib_hours and pv_cost',
  network: 'network_zone_cost, network_region_cost, network_internet_cost and network_cost',
  load_balancer: 'load_balancer_cost',
  management: 'management_cost',
  labels: 'labels',
}

const MOST_CLUSTERS = 5

/** Reads the common table `parts`: what its facts lack, joined with what the loader said about the windows. */
export function missingParts(scope: FactScope): RawBuilder<unknown> {
  const masks = LACKABLE.map(part => sql`bit_or(${column(part)}) as ${column(part)}`)
  const unpivoted = LACKABLE.map(part => sql`(${sql.lit(part)}, m.${column(part)})`)
  const names = Object.keys(FIELDS).map(part => sql`(${sql.lit(part)})`)
  return sql`
    with lack as (
      select u.part, m.cluster_id, w.window_start
      from (select cluster_id, slot, ${sql.join(masks)} from parts group by 1, 2) m
      cross join lateral (values ${sql.join(unpivoted)}) u (part, hours)
      cross join ${windowsOf(sql`m.slot`, sql`u.hours`)}
    ),
    said as (
      select part.part, l.cluster_id, l.window_start, w.item ->> 'code' as code, min(w.item ->> 'detail') as detail
      from warehouse.window_ledger l
      cross join lateral jsonb_array_elements(
        case jsonb_typeof(l.warnings) when 'array' then l.warnings else '[]' end
      ) as w (item)
      join (values ${sql.join(names)}) part (part) on starts_with(w.item ->> 'code', part.part || '_not_')
      where ${loadedIn(scope)}
      group by 1, 2, 3, 4
      union all
      -- Loaded by a release that knew none of these parts.
      select part.part, l.cluster_id, l.window_start, null, null
      from warehouse.window_ledger l
      cross join (values ${sql.join(names)}) part (part)
      where ${loadedIn(scope)}
        and num_nonnulls(l.unmounted_cost, l.management_cost, l.network_cost, l.unallocated_cost) = 0
    )
    select part, cluster_id as cluster, s.code, min(s.detail) as detail,
      count(distinct window_start)::int as windows,
      extract(epoch from min(window_start))::float8 as since,
      bool_or(k.is_fact is not null) as in_facts
    from (select *, true as is_fact from lack) k
    full join said s using (part, cluster_id, window_start)
    group by part, cluster_id, s.code`
}

function column(part: Lackable): RawBuilder<unknown> {
  return sql.id(`no_${part}`)
}

function loadedIn({ cloudAccountId, range, filters }: FactScope): RawBuilder<boolean> {
  return sql<boolean>`l.cloud_account_id = ${cloudAccountId}::uuid
    and ${startsIn(sql.ref('l.window_start'), range)}
    and ${satisfies(sql.ref('l.cluster_id'), filters.cluster)}
    and l.revision > 0`
}

/** True of the loader's codes about parts that windows lack, which are told together with what the facts lack. */
export function isAboutMissingPart(code: string): boolean {
  return Object.keys(FIELDS).some(part => code.startsWith(`${part}_not_`))
}

/** One entry per part and reason that concerns the answer, however many windows and clusters there are. */
export function missingWarnings(
  missing: readonly MissingPart[],
  scope: FactScope,
  shape: RowShape,
): { code: string; detail: string }[] {
  const groups = new Map<string, MissingPart[]>()
  for (const one of missing.filter(candidate => concerns(candidate, scope, shape))) {
    const code = one.code ?? `${one.part}_not_measured`
    groups.set(code, [...(groups.get(code) ?? []), one])
  }
  return [...groups].map(([code, ones]) => ({ code, detail: describe(ones) }))
}

// Volumes, load balancers, traffic and the fee may be rows without a container, of which no fact would tell; and a
// filter by label leaves out what it can't judge.
function concerns({ part, in_facts }: MissingPart, { filters }: FactScope, shape: RowShape): boolean {
  if (in_facts) return true
  if (part === 'gpu') return false
  if (part === 'labels') return filters.labels.length > 0 || shape.breakdownBy.some(isByLabel)
  const { cluster, namespace, ...smaller } = filters
  const isRestOut = allFilters(smaller).some(excludesMissing)
  return !isRestOut && (part !== 'management' || !excludesMissing(namespace))
}

function excludesMissing(filter: ValueFilter): boolean {
  return filter.notMissing || (filter.anyOf.length > 0 && !filter.orMissing)
}

function describe(ones: readonly MissingPart[]): string {
  const clusters = ones.slice(0, MOST_CLUSTERS).map(({ cluster, windows, since }) => {
    const start = new Date(since * 1000).toISOString().replace(/:00\.000Z$/, 'Z')
    return `${JSON.stringify(cluster)} (windows: ${windows}, since ${start})`
  })
  if (ones.length > MOST_CLUSTERS) clusters.push(`${ones.length - MOST_CLUSTERS} more`)
  const part = ones[0]?.part ?? 'labels'
  const effect = part === 'labels' ? 'what has none is unallocated' : 'sums are without it'
  const reason = ones.find(({ detail }) => detail)?.detail
  const text = `${FIELDS[part]} not known in clusters ${clusters.join(', ')}; ${effect}`
  return reason ? `${text}: ${reason}` : text
}
