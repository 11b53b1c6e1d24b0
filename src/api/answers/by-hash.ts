import { sql } from 'kysely'

/**
 * Statement to run before one that joins and sums up many rows in no order. Of a month that has just been loaded the
 * planner knows no sizes: it would sort all rows of the range to sum them up, and merge by the cluster or hour alone what
 * has more columns in common.
 */
export const BY_HASH = sql`select set_config('enable_sort', 'off', true), set_config('enable_mergejoin', 'off', true)`
