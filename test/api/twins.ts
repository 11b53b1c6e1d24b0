import type pg from 'pg'
import { formatMoney, toMoney } from '../../src/domain/money.js'
import type { UsageRow } from '../../src/domain/usage.js'
import { type Window, windowOf } from '../../src/domain/window.js'
import { publishFacts, type WindowFacts } from '../support/facts.js'
import { seedAccount, seedCluster } from '../support/seed.js'
import { seedUsageHours } from '../support/seed-usage.js'
import { usageRow } from '../support/usage-rows.js'
import { FIRST, HOUR, MONDAY, SECOND } from './world.js'

/** An account whose names are those of its twin wherever they don't begin with the mark. */
interface Twin {
  readonly account: string
  readonly mark: string
  readonly currency: string
  /** Every amount is a multiple of it. */
  readonly price: number
  /** What is never seen of the other one. */
  readonly foreign: RegExp
}

export const TWINS: readonly [Twin, Twin] = [
  {
    account: FIRST,
    mark: 'alpha',
    currency: 'USD',
    price: 1,
    foreign: new RegExp(`omega|\\bJPY\\b|${SECOND}`),
  },
  {
    account: SECOND,
    mark: 'omega',
    currency: 'JPY',
    price: 1013,
    foreign: new RegExp(`alpha|\\bUSD\\b|${FIRST}`),
  },
]

export const TWIN_HOURS = 3
export const TWIN_RANGE = { start_date: MONDAY, end_date: MONDAY + TWIN_HOURS * HOUR }

/** Fills every table that an answer is read from; the same rows whenever it is called. */
export async function seedTwin(pool: pg.Pool, twin: Twin): Promise<void> {
  const { account, mark, currency, price } = twin
  await seedAccount(pool, account, currency)
  const names = namesOf(twin)
  for (const cluster of ['cluster-one', 'cluster-two']) {
    const key = { account, cluster }
    await seedCluster(pool, key, MONDAY, MONDAY + (TWIN_HOURS - 1) * HOUR)
    for (let hour = 0; hour < TWIN_HOURS; hour++) {
      const window = windowOf(MONDAY + hour * HOUR)
      await publishFacts(pool, key, window, factsOf(twin))
      await seedUsageHours(pool, { cloudAccountId: account, clusterId: cluster }, usageOf(twin, window))
    }
    await describeCluster(pool, key, { mark, cost: formatMoney(toMoney(price)) })
    for (const name of names) await recommend(pool, key, name, formatMoney(toMoney(price)))
  }
}

/** Names of its workloads; the second account has one more, so that counts differ too. */
function namesOf({ mark }: Twin): string[] {
  return ['shared', `${mark}-own`, ...(mark === 'omega' ? ['omega-more'] : [])]
}

function factsOf(twin: Twin): WindowFacts {
  const { mark, price } = twin
  const cost = toMoney(price)
  return {
    containers: namesOf(twin).map(name => ({
      ...{ namespace: name, pod: name, container: name, controller: name, controllerKind: name },
      ...{ node: `${mark}-node`, cpuHours: 1, cpuRequest: 1, cpuUsed: 0.5, ramHours: 1, ramRequest: 1 },
      ...{ cpuCost: cost, ramCost: cost, gpuCost: cost, pvCost: cost, balancerCost: cost },
      ...{ zoneCost: cost, regionCost: cost, internetCost: cost },
      labels: { team: name, [`${mark}_label`]: 'x' },
    })),
    nodes: [{ node: `${mark}-node`, instanceType: `${mark}-type`, cpuCost: 9n * cost, ramCost: 9n * cost }],
    assets: [
      { type: 'disk', id: `${mark}-disk`, cost: 7n * cost },
      { type: 'disk', id: `${mark}-lost`, cost },
      { type: 'disk', id: 'shared-lost', cost },
      { type: 'management', id: `${mark}-fee`, cost },
    ],
    remainders: [
      { kind: 'unmounted', part: 'pv', namespace: `${mark}-own`, name: `${mark}-disk`, cost },
      { kind: 'unmounted', part: 'pv', name: `${mark}-lost`, cost },
      { kind: 'unmounted', part: 'pv', name: 'shared-lost', cost },
      { kind: 'cluster_management', part: 'management', name: `${mark}-fee`, cost },
    ],
    metrics: [
      {
        metric: 'kubecost_cluster_info',
        labels: { name: `${mark}-name`, provider: `${mark}-cloud`, region: `${mark}-region`, version: mark },
      },
    ],
  }
}

function usageOf(twin: Twin, window: Window): UsageRow[] {
  const cost = toMoney(twin.price)
  return namesOf(twin).map(name =>
    usageRow({
      ...{ namespace: name, controllerKind: name, controller: name, container: name, firstWindow: window },
      ...{ cpuCost: cost, ramCost: cost },
    }),
  )
}

/** Totals, warnings and attempts of a cluster, all at times that are always the same. */
async function describeCluster(
  pool: pg.Pool,
  { account, cluster }: { account: string; cluster: string },
  { mark, cost }: { mark: string; cost: string },
): Promise<void> {
  await pool.query(
    `update warehouse.window_ledger
     set loaded_at = window_start + interval '2 hours', warnings = $3, allocated_cost = $4, idle_cost = $4,
       unmounted_cost = $4, management_cost = $4, network_cost = $4, unallocated_cost = $4
     where cloud_account_id = $1 and cluster_id = $2`,
    [account, cluster, JSON.stringify([{ code: `${mark}_code`, detail: `${mark} detail` }]), cost],
  )
  await pool.query(
    `update warehouse.cluster set discovered_at = first_window where cloud_account_id = $1 and cluster_id = $2`,
    [account, cluster],
  )
  await pool.query(
    `insert into warehouse.load_run (
       cloud_account_id, run_id, cluster_id, first_window, windows, worker, state, stage, started_at, finished_at,
       error_code, error_message
     )
     values ($1::uuid, md5($2::text)::uuid, $2, to_timestamp($3), 1, $4, 'failed', 'extract',
       to_timestamp($3 + case $4 when 'alpha' then 7 else 11 end), to_timestamp($3 + 60), 'THANOS_UNREACHABLE', $4)`,
    [account, cluster, MONDAY, mark],
  )
}

async function recommend(
  pool: pg.Pool,
  { account, cluster }: { account: string; cluster: string },
  name: string,
  saving: string,
): Promise<void> {
  await pool.query(
    `insert into warehouse.rightsizing (
       cloud_account_id, profile, history_days, cluster_id, namespace, controller_kind, controller, container,
       computed_at, replicas, cpu_action, cpu_saving, ram_action, ram_saving, saving_month, action, reasons, severity,
       confidence, confidence_level, span_hours, coverage, samples, snippet
     )
     select $1::uuid, 'balanced', days, $5, $2, $2, $2, $2, to_timestamp($3), 1, 'decrease', $4, 'decrease', $4,
       2 * $4::numeric, 'decrease', '{}', 'OK', 1, 'high', 336, 1, 1, $2
     from unnest('{7,14,30}'::int[]) days`,
    [account, name, MONDAY, saving, cluster],
  )
}
