import type pg from 'pg'
import type { Config } from '../src/config.js'
import type { ThanosClient } from '../src/thanos/types.js'

/** One day of one cluster in which something is due: all that the queue ever carries. */
export interface DayKey {
  readonly cloudAccountId: string
  readonly clusterId: string
  /** Unix seconds of the start of a UTC day. */
  readonly day: number
}

/** What a job is given to work with. */
export interface JobContext {
  readonly pool: pg.Pool
  readonly thanos: ThanosClient
  readonly config: Pick<Config, 'schedule' | 'retention'> & {
    readonly thanos: Pick<Config['thanos'], 'tenantLabel'>
  }
  readonly logger: JobLogger
  /** Told of what the metrics count. */
  readonly observe: (event: JobEvent) => void
  /** Names this process in leases and runs. */
  readonly worker: string
  /** Unix seconds. */
  readonly now: () => number
  /** Wakes whichever worker is free; the ledger says what it finds to do. */
  readonly wake: (key: DayKey) => Promise<void>
  /** Wakes whichever worker collects usage. */
  readonly wakeUsage: (key: DayKey) => Promise<void>
  /** Fires when the process is asked to stop. */
  readonly signal: AbortSignal
}

export interface JobLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type JobEvent =
  | { readonly kind: 'window'; readonly outcome: string }
  | { readonly kind: 'usage'; readonly outcome: string; readonly windows: number }
  | { readonly kind: 'failure'; readonly code: string }
  | { readonly kind: 'rejects'; readonly reason: string; readonly count: number }
  | { readonly kind: 'nightly'; readonly step: string; readonly outcome: 'done' | 'failed' }
  | { readonly kind: 'check'; readonly check: string; readonly severity: 'E' | 'W' }
  | { readonly kind: 'late_samples'; readonly count: number }
