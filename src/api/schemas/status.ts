import { type Static, Type } from 'typebox'
import { CLUSTER_FILTER, FORMAT, optionalDates, paging } from '../query/parameters.js'
import { count, Gap, Meta, nullable, Page, RangeHead, text, time } from './common.js'

const MissingMetric = Type.Object({
  metric: text('The series that are absent; null where the loader names none.'),
  part: text(
    'The part of the answers that is not known without them; null where the hours are not loaded for want of them.',
  ),
  since: time('Start of the first hour of the day that lacks them.'),
  windows: Type.Integer({ description: 'Hours that lack them.' }),
  hint: Type.String({
    description: 'What is lost, the likely cause, and what a remote-write filter has to keep.',
  }),
})
export type MissingMetric = Static<typeof MissingMetric>

const WindowStatus = Type.Object({
  start_date: time('Start of the hour.'),
  state: Type.Enum(['due', 'loaded', 'incomplete', 'quarantined'], {
    type: 'string',
    description: 'due: planned, nothing published. incomplete: refused as not whole. quarantined: set aside.',
  }),
  reason: text('Why it is not loaded, or what to think of it although it is; null for none.'),
  coverage: nullable('Measured share of the hour, 0 to 1; null where it is not loaded.'),
  revision: Type.Integer({ description: 'Versions published so far; 0 for none.' }),
})
export type WindowStatus = Static<typeof WindowStatus>

const StatusRow = Type.Object({
  cluster: Type.String({ description: 'Cluster id; unique within the account only.' }),
  state: Type.Enum(['active', 'stale'], {
    type: 'string',
    description: 'stale: not heard of for more than three days.',
  }),
  first_seen: time('Start of the first hour in which the cluster was heard of.'),
  last_seen: time('End of the newest hour in which the cluster was heard of.'),
  data_to: time('End of the loaded prefix: every hour before it is loaded.'),
  lag_seconds: Type.Integer({
    description:
      'Seconds from data_to to the end of the newest hour that should be loaded, of a stale cluster to last_seen; 0 where nothing is missing.',
  }),
  newest_loaded: count('Unix seconds, UTC: start of the newest loaded hour; null where none is loaded.'),
  loaded: Type.Integer({ description: 'Hours that are loaded.' }),
  open: Type.Integer({ description: 'Hours that will be read, or read again.' }),
  failed: Type.Integer({
    description: 'Hours whose last reading ended in an error, also those that stay loaded.',
  }),
  incomplete: Type.Integer({ description: 'Hours that were refused as not whole.' }),
  quarantined: Type.Integer({ description: 'Hours that were set aside after repeated failures.' }),
  last_import_at: count(
    'Unix seconds, UTC: end of the last attempt that loaded or confirmed an hour; null for never.',
  ),
  last_import_attempt_at: count('Unix seconds, UTC: start of the last attempt; null for never.'),
  last_import_attempt_error: text('What the last finished attempt failed on; null where it did not.'),
  last_import_attempt_error_code: text('Its code; null where it did not fail.'),
  coverage: nullable(
    'Mean measured share of the due hours of the range, 0 to 1; an hour that is not loaded counts 0. null where none is due.',
  ),
  usage_to: count(
    'Unix seconds, UTC: end of the newest loaded hour whose use of CPU and memory, which advice is made of, has been collected; null where none has.',
  ),
  usage_lag_seconds: count(
    'Seconds from usage_to to the end of the newest hour that should be loaded, of a stale cluster to last_seen; null where no use has been collected.',
  ),
  usage_waiting: Type.Integer({
    description:
      'Loaded hours of the last 400 days whose use is still to be collected, or again as their costs changed.',
  }),
  missing_metrics: Type.Array(MissingMetric, {
    description: 'Series that the day of the newest loaded hour and what came after it lack.',
  }),
  gaps: Type.Array(Type.Omit(Gap, ['cluster']), { description: 'Gaps of the range, as in meta.' }),
  windows: Type.Unsafe<WindowStatus[] | null>({
    type: ['array', 'null'],
    items: WindowStatus,
    description: 'With windows=true every hour of the range that is planned; else null.',
  }),
})
export type StatusRow = Static<typeof StatusRow>

export const StatusBody = Type.Object({
  ...RangeHead,
  data_to: count(
    'Unix seconds, UTC: up to when every cluster that is still heard of is loaded without a hole; null where none is known.',
  ),
  total_count: Type.Integer({ description: 'Rows of the whole filtered set.' }),
  status: Type.Array(StatusRow),
  meta: Meta,
  page: Page,
})
export type StatusBody = Static<typeof StatusBody>

const SORTS = [
  ...['lag_seconds', 'cluster', 'state', 'first_seen', 'last_seen', 'data_to', 'newest_loaded', 'loaded'],
  ...['open', 'failed', 'incomplete', 'quarantined', 'last_import_at', 'last_import_attempt_at', 'coverage'],
  ...['usage_to', 'usage_lag_seconds', 'usage_waiting'],
]

export const StatusQuery = Type.Object({
  ...optionalDates(
    'Left out: seven days before end_date.',
    'Left out: seven days after start_date, or the end of the newest hour that should be loaded.',
  ),
  windows: Type.Boolean({
    default: false,
    description: 'Whether every hour of the range is told by itself; the range then has 31 days at most.',
  }),
  ...CLUSTER_FILTER,
  ...paging(SORTS, 'lag_seconds'),
  ...FORMAT,
})
