import type { Retention } from '../../domain/retention.js'
import type { WindowRange } from '../query/asked.js'
import type { AccountState, DataState } from './range-state.js'

/** Whose answer it is, what is asked, and of what state of the data. */
export interface Subject<Asked> {
  readonly cloudAccountId: string
  readonly account: AccountState
  readonly asked: Asked
  readonly data: DataState
  /** Unix seconds. */
  readonly now: number
  /** Start of the newest window that should be loaded, Unix seconds. */
  readonly newestDue: number
  readonly retention: Pick<Retention, 'hourlyDays'>
}

/** What every answer over a range is asked. */
export interface AskedRange {
  readonly startDate: number
  readonly endDate: number
  readonly range: WindowRange
}
