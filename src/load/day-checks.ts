import { type Check, inWindows } from './checks.js'
import { allocationAgrees } from './savings-rules.js'

/**
 * Checks that look at more than one window. Parameters: `$1` account, `$2` cluster, `$3` and `$4` bounds in Unix seconds
 * of the day, the month or, for a cluster, the day of `$5`, which is now. No row: there is nothing to be said.
 */
export interface SpanCheck extends Check {
  readonly span: 'day' | 'month' | 'cluster'
}

const DATE = `(to_timestamp($3) at time zone 'UTC')::date`
const IN_DAYS = `d.cloud_account_id = $1 and d.cluster_id = $2
  and d.day >= ${DATE} and d.day < (to_timestamp($4) at time zone 'UTC')::date`
const WINDOWS = `select l.* from warehouse.window_ledger l where ${inWindows('l')}`

/** Sums that stand for all hours of the day as they are published, by a release that makes all of them. */
const CURRENT_DAY = `
  select d.* from warehouse.day_ledger d
  where ${IN_DAYS} and d.rolled_at is not null and not d.hours_expired
    and d.shared_revision_sum = d.revision_sum
    and (d.windows, d.revision_sum) = (
      select count(*), coalesce(sum(w.revision), 0) from (${WINDOWS}) w where w.revision > 0
    )`

function sum(table: string, column: string, alias: 'h' | 'd', condition = ''): string {
  const where = alias === 'h' ? inWindows('h') : IN_DAYS
  return `coalesce((select sum(${alias}.${column}) from warehouse.${table} ${alias} where ${where} ${condition}), 0)`
}

/** `pairs` of decimal sums that have to be equal, as rows of name, observed and expected. */
function sumsAgree(pairs: readonly (readonly [string, string, string])[], from: string): string {
  return `
    select bool_and(s.observed = s.expected) as ok,
      string_agg(s.name || ' ' || s.observed, ', ' order by s.name) as observed,
      string_agg(s.name || ' ' || s.expected, ', ' order by s.name) as expected,
      string_agg(s.name, ', ' order by s.name) filter (where s.observed <> s.expected) as detail
    from (${from}) c,
      lateral (values ${pairs.map(([name, observed, expected]) => `('${name}', ${observed}, ${expected})`).join(', ')})
        as s (name, observed, expected)
    having count(*) > 0`
}

/** Within half of the usual, which is the median of the same weekday in the four weeks before. Whole days only. */
function drift(id: string, means: string, amount: string): SpanCheck {
  return {
    id,
    severity: 'W',
    span: 'day',
    means,
    sql: `
      with usual as (
        select percentile_cont(0.5) within group (order by (${amount})::float8) as median, count(*) as days
        from warehouse.day_ledger d
        where d.cloud_account_id = $1 and d.cluster_id = $2 and d.windows = 24
          and d.day in (${DATE} - 7, ${DATE} - 14, ${DATE} - 21, ${DATE} - 28)
      )
      select (${amount})::float8 between 0.5 * u.median and 1.5 * u.median as ok, round((${amount})::numeric, 6)::text as observed,
        round(u.median::numeric, 6)::text || ' ± 50 %' as expected, u.days || ' weeks compared' as detail
      from warehouse.day_ledger d, usual u
      where ${IN_DAYS} and d.windows = 24 and u.days >= 2`,
  }
}

/** Names of the exporter's metrics with the number of their series, of the windows from `$3 + shift` on, a day. */
function seriesByMetric(shiftSeconds: number): string {
  return `
    select s.metric, count(distinct h.series_key) as series
    from warehouse.metric_hourly h
    join warehouse.metric_series s on s.cloud_account_id = h.cloud_account_id and s.series_key = h.series_key
    where h.cloud_account_id = $1 and h.cluster_id = $2 and h.window_start >= to_timestamp($3::float8 + ${shiftSeconds})
      and h.window_start < to_timestamp($4::float8 + ${shiftSeconds})
    group by s.metric`
}

const GROUP = ['namespace', 'controller_kind', 'controller', 'container', 'node']

/** Rows of a day whose efficiency is not among those of their hours, where use was measured and requested in each. */
const OUTLYING_EFFICIENCIES = `
  select d.namespace || '/' || d.controller || '/' || d.container as item
  from warehouse.allocation_daily d
  join (
    select ${GROUP.map(name => `coalesce(c.${name}, '') as ${name}`).join(', ')},
      bool_and(coalesce(h.cpu_core_request_hours > 0 and h.cpu_core_used_hours is not null, false)) as has_cpu,
      bool_and(coalesce(h.ram_gib_request_hours > 0 and h.ram_gib_used_hours is not null, false)) as has_ram,
      min(h.cpu_core_used_hours / nullif(h.cpu_core_request_hours, 0)) as cpu_low,
      max(h.cpu_core_used_hours / nullif(h.cpu_core_request_hours, 0)) as cpu_high,
      min(h.ram_gib_used_hours / nullif(h.ram_gib_request_hours, 0)) as ram_low,
      max(h.ram_gib_used_hours / nullif(h.ram_gib_request_hours, 0)) as ram_high
    from warehouse.allocation_hourly h
    join warehouse.container c on c.cloud_account_id = h.cloud_account_id and c.container_key = h.container_key
    where ${inWindows('h')}
    group by ${GROUP.map(name => `coalesce(c.${name}, '')`).join(', ')}
  ) m using (${GROUP.join(', ')})
  where ${IN_DAYS} and d.kind = 'workload' and (
    (m.has_cpu and d.cpu_core_used_hours / nullif(d.cpu_core_judged_hours, 0)
      not between m.cpu_low * (1 - 1e-9) and m.cpu_high * (1 + 1e-9))
    or (m.has_ram and d.ram_gib_used_hours / nullif(d.ram_gib_judged_hours, 0)
      not between m.ram_low * (1 - 1e-9) and m.ram_high * (1 + 1e-9))
  )`

const DAY = 86_400

export const SPAN_CHECKS: readonly SpanCheck[] = [
  {
    id: 'I5_day',
    severity: 'E',
    span: 'day',
    means: 'the sums of a day are the sums of its hours',
    sql: sumsAgree(
      [
        [
          'allocations',
          sum('allocation_daily', 'total_cost', 'd'),
          `${sum('allocation_hourly', 'total_cost', 'h')} + ${sum('remainder_hourly', 'cost', 'h')}`,
        ],
        ['namespaces', sum('namespace_daily', 'total_cost', 'd'), sum('allocation_daily', 'total_cost', 'd')],
        ['idle', sum('idle_daily', 'total_cost', 'd'), sum('idle_hourly', 'total_cost', 'h')],
        [
          'assets',
          sum('asset_daily', 'total_cost', 'd'),
          `${sum('node_hourly', 'total_cost', 'h')} + ${sum('asset_hourly', 'total_cost', 'h')}`,
        ],
      ],
      CURRENT_DAY,
    ),
  },
  {
    id: 'I9',
    severity: 'E',
    span: 'day',
    means: 'the efficiency of a day lies between those of its hours',
    sql: `
      select count(x.item) = 0 as ok, count(x.item)::text as observed, '0' as expected, min(x.item) as detail
      from (${CURRENT_DAY}) c left join (${OUTLYING_EFFICIENCIES}) x on true
      having count(*) > 0`,
  },
  {
    id: 'I5_month',
    severity: 'E',
    span: 'month',
    means: 'the rows of a month add up to what its days were when they were summed',
    sql: sumsAgree(
      [
        [
          'allocations',
          sum('allocation_daily', 'total_cost', 'd'),
          ['allocated_cost', 'unmounted_cost', 'management_cost']
            .map(part => sum('day_ledger', part, 'd'))
            .join(' + '),
        ],
        ['idle', sum('idle_daily', 'total_cost', 'd'), sum('day_ledger', 'idle_cost', 'd')],
        ['assets', sum('asset_daily', 'total_cost', 'd'), sum('day_ledger', 'asset_cost', 'd')],
      ],
      `select 1 where exists (select from warehouse.day_ledger d where ${IN_DAYS} and d.rolled_at is not null)`,
    ),
  },
  {
    id: 'completeness',
    severity: 'E',
    span: 'day',
    means: 'every hour of the day is loaded in which the cluster was there',
    sql: `
      select count(l.window_start) = count(*) as ok, count(l.window_start)::text as observed, count(*)::text as expected,
        to_char(min(w.at) filter (where l.window_start is null) at time zone 'UTC', '"first missing" HH24:MI') as detail
      from warehouse.cluster k
      cross join lateral generate_series(
        greatest(k.first_window, to_timestamp($3)),
        least(k.last_window, to_timestamp($4) - interval '1 hour', to_timestamp($5) - interval '5 hours'), interval '1 hour'
      ) as w (at)
      left join (${WINDOWS}) l on l.window_start = w.at and l.revision > 0
      where k.cloud_account_id = $1 and k.cluster_id = $2
      having count(*) > 0`,
  },
  {
    id: 'freshness',
    severity: 'E',
    span: 'cluster',
    means: 'the newest loaded hour ended less than six hours ago',
    sql: freshness(6),
  },
  {
    id: 'freshness_soon',
    severity: 'W',
    span: 'cluster',
    means: 'the newest loaded hour ended less than two hours ago',
    sql: freshness(2),
  },
  drift('drift_rows', 'as many rows as is usual of the weekday', 'd.allocation_rows'),
  drift('drift_cost', 'as much cost as is usual of the weekday', 'd.asset_cost + d.network_cost'),
  {
    id: 'drift_series',
    severity: 'W',
    span: 'day',
    means: 'no metric has lost more than a fifth of its series since the day before',
    sql: `
      select count(*) filter (where t.series < 0.8 * y.series) = 0 as ok,
        (count(*) filter (where t.series < 0.8 * y.series))::text as observed, '0' as expected,
        left(string_agg(y.metric || ' ' || t.series || ' of ' || y.series, '; ' order by y.metric)
          filter (where t.series < 0.8 * y.series), 500) as detail
      from (${seriesByMetric(-DAY)}) y
      join (${seriesByMetric(0)}) t on t.metric = y.metric
      having count(*) > 0`,
  },
  {
    id: 'metrics_present',
    severity: 'W',
    span: 'day',
    means: 'every metric of the exporter that was there in the week before is there',
    sql: `
      with before as (
        select distinct s.metric
        from warehouse.metric_hourly h
        join warehouse.metric_series s on s.cloud_account_id = h.cloud_account_id and s.series_key = h.series_key
        where h.cloud_account_id = $1 and h.cluster_id = $2
          and h.window_start >= to_timestamp($3::float8 - 7 * ${DAY}) and h.window_start < to_timestamp($3)
      ),
      today as (${seriesByMetric(0)})
      select count(t.metric) = count(*) as ok, count(t.metric)::text as observed, count(*)::text as expected,
        left(string_agg(b.metric, ', ' order by b.metric) filter (where t.metric is null), 500) as detail
      from before b
      left join today t on t.metric = b.metric
      where exists (select from (${WINDOWS}) w where w.revision > 0 and w.coverage > 0)
      having count(*) > 0`,
  },
  {
    id: 'heartbeat_present',
    severity: 'E',
    span: 'day',
    means: 'the exporter tells which cluster it is, without which nothing counts as measured',
    sql: `
      select bool_or(t.metric = 'kubecost_cluster_info') as ok, count(*) || ' metrics' as observed,
        'kubecost_cluster_info among them' as expected, null as detail
      from (${seriesByMetric(0)}) t
      having count(*) > 0`,
  },
  {
    id: 'rejects',
    severity: 'W',
    span: 'day',
    means: 'fewer than one in a thousand samples could not become part of a row',
    sql: `
      select sum(w.rejects) < 0.001 * sum(w.source_samples) as ok, sum(w.rejects)::text as observed,
        'less than ' || round(0.001 * sum(w.source_samples), 1) as expected, null as detail
      from (${WINDOWS}) w
      where w.revision > 0 and w.source_samples > 0
      having count(*) > 0`,
  },
  allocationAgrees,
  {
    id: 'label_coverage',
    severity: 'W',
    span: 'day',
    means: 'nine tenths of the cost are of pods whose labels are known',
    sql: `
      select coalesce(sum(h.total_cost) filter (where h.label_set_key is not null), 0) >= 0.9 * sum(h.total_cost) as ok,
        round(100 * coalesce(sum(h.total_cost) filter (where h.label_set_key is not null), 0) / sum(h.total_cost), 1) || ' %'
          as observed,
        '90 %' as expected, null as detail
      from warehouse.allocation_hourly h
      where ${inWindows('h')}
      having sum(h.total_cost) > 0`,
  },
  {
    id: 'facts_have_windows',
    severity: 'E',
    span: 'day',
    means: 'no fact is without a published window',
    sql: `
      with facts as (
        ${['allocation_hourly', 'node_hourly', 'idle_hourly', 'asset_hourly', 'remainder_hourly']
          .map(table => `select distinct h.window_start from warehouse.${table} h where ${inWindows('h')}`)
          .join(' union ')}
      )
      select count(*) filter (where w.window_start is null) = 0 as ok,
        (count(*) filter (where w.window_start is null))::text as observed, '0' as expected,
        min(to_char(f.window_start at time zone 'UTC', 'HH24:MI')) filter (where w.window_start is null) as detail
      from facts f
      left join (${WINDOWS}) w on w.window_start = f.window_start and w.revision > 0`,
  },
]

/** Of clusters that are still heard of. */
function freshness(hours: number): string {
  return `
    select a.age < ${hours} as ok, round(a.age::numeric, 1) || ' h' as observed, 'less than ${hours} h' as expected,
      null as detail
    from warehouse.cluster k
    cross join lateral (
      select (extract(epoch from to_timestamp($5) - max(l.window_start)) / 3600 - 1)::float8 as age
      from warehouse.window_ledger l
      where l.cloud_account_id = $1 and l.cluster_id = $2 and l.revision > 0
    ) a
    where k.cloud_account_id = $1 and k.cluster_id = $2 and k.last_window > to_timestamp($5) - interval '3 days'
      and a.age is not null`
}
