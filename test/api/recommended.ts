import type pg from 'pg'
import { formatMoney, type Money, sumMoney } from '../../src/domain/money.js'
import { HOUR, MONDAY } from './world.js'

/** When recommendations were computed unless told, Unix seconds. */
export const COMPUTED = MONDAY + 47 * HOUR

/** A recommendation as tests tell them apart. */
export interface Recommended {
  readonly cluster: string
  readonly namespace: string
  readonly kind: string
  readonly name: string
  readonly container: string
  readonly cpuSaving: Money | null
  readonly ramSaving: Money | null
  readonly action: string
  readonly confidence: number
}

/** Puts a recommendation where those that are computed in advance stand. */
export async function seedRecommendation(
  pool: pg.Pool,
  account: string,
  one: Recommended,
  { profile = 'balanced', historyDays = 14, computed = COMPUTED } = {},
): Promise<void> {
  const row = {
    ...{ cloud_account_id: account, profile, history_days: historyDays, ...keyOf(one) },
    ...{ computed_at: new Date(computed * 1000), window_end: new Date(computed * 1000) },
    ...{ window_start: new Date((computed - historyDays * 24 * HOUR) * 1000), replicas: 3 },
    ...{ cpu_request: 1000, cpu_limit: null, cpu_mean: 150.5, cpu_p95: 200, cpu_p99: 210, cpu_max: 400 },
    ...{ cpu_recommended: 230, cpu_action: 'decrease', cpu_saving: textOf(one.cpuSaving) },
    ...{
      ram_request: 2 ** 31,
      ram_limit: 2 ** 32,
      ram_mean: 1e8,
      ram_p95: null,
      ram_p99: null,
      ram_max: 7e8,
    },
    ...{ ram_recommended: 8e8, ram_action: 'decrease', ram_saving: textOf(one.ramSaving) },
    ...{ saving_month: textOf(savingOf(one)), cost_month: '1234.500000000001', action: one.action },
    ...{ reasons: ['cpu_floor', 'oom'], severity: 'WARNING', confidence: one.confidence },
    ...{ confidence_level: levelOf(one.confidence), span_hours: 336, coverage: 0.9, samples: '12096' },
    ...{ step_seconds: 300, cpu_source: 'counter', oom: null, hpa: false, snippet: null, kubectl: null },
  }
  const names = Object.keys(row)
  await pool.query(
    `insert into warehouse.rightsizing (${names.join(', ')})
     values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(row),
  )
}

/** Of both resources; null where either is. */
export function savingOf({ cpuSaving, ramSaving }: Recommended): Money | null {
  return cpuSaving === null || ramSaving === null ? null : sumMoney([cpuSaving, ramSaving])
}

export function levelOf(confidence: number): 'high' | 'medium' | 'low' | 'insufficient' {
  if (confidence >= 0.75) return 'high'
  return confidence >= 0.4 ? 'medium' : confidence >= 0.1 ? 'low' : 'insufficient'
}

function keyOf({ cluster, namespace, kind, name, container }: Recommended) {
  return { cluster_id: cluster, namespace, controller_kind: kind, controller: name, container }
}

function textOf(money: Money | null): string | null {
  return money === null ? null : formatMoney(money)
}
