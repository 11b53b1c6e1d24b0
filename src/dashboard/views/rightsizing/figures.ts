import { bytes, millicores } from '../../format/quantity.js'
import type { Row } from './fields.js'

/** What is known of one resource of a container. Millicores, or bytes. */
export interface Figures {
  readonly name: 'CPU' | 'Memory'
  readonly request: number | null
  readonly limit: number | null
  readonly mean: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
  readonly recommended: number | null
  readonly action: Row['action']
  /** Account currency a month. */
  readonly saving: number | null
  readonly print: (value: number | null) => string
}

export const cpuOf = (row: Row): Figures => ({
  name: 'CPU',
  request: row.cpu_request,
  limit: row.cpu_limit,
  mean: row.cpu_mean,
  p95: row.cpu_p95,
  p99: row.cpu_p99,
  max: row.cpu_max,
  recommended: row.cpu_recommended,
  action: row.cpu_action,
  saving: row.cpu_saving,
  print: millicores,
})

export const ramOf = (row: Row): Figures => ({
  name: 'Memory',
  request: row.ram_request,
  limit: row.ram_limit,
  mean: row.ram_mean,
  p95: row.ram_p95,
  p99: row.ram_p99,
  max: row.ram_max,
  recommended: row.ram_recommended,
  action: row.ram_action,
  saving: row.ram_saving,
  print: bytes,
})
