import type { Gap } from '../api/routes.js'
import { isoMoment } from './time.js'

/** Why hours are missing, or in doubt. */
export const GAP_REASONS: Readonly<Record<Gap['reason'], string>> = {
  not_loaded: 'not loaded yet',
  source_incomplete: 'the source gave an incomplete or contradictory answer',
  source_silent: 'the cluster or its sender was silent',
  missing_series: 'an essential series was missing',
  suspect: 'a later reading gave less than before',
  quarantined: 'set aside after failing again and again',
  expired: 'older than what is kept',
}

/** What to do about it. */
export const GAP_ADVICE: Readonly<Record<Gap['reason'], string>> = {
  not_loaded: 'They are loaded by themselves. Where they stay, see that a worker runs, or load them now.',
  source_incomplete:
    'They are read again until every store of the metrics answers. One that left for good has to be forgotten.',
  source_silent:
    'See whether the cluster and its Prometheus ran. Where samples came later than a day, read the hours again.',
  missing_series: 'Once the source sends the series, they are loaded by themselves.',
  suspect: 'The better reading is kept. Once the source has all of it again, read the hours again.',
  quarantined: 'See what they failed on, mend it, and load them again.',
  expired: 'Nothing is wrong: hours go after a time, their daily sums stay.',
}

/** Commands of the service's operators that do it, for hours of an account; Unix seconds, the end is not part of it. */
export function gapCommands(
  reason: Gap['reason'],
  account: string,
  { start, end }: { readonly start: number; readonly end: number },
): string[] {
  const of = `--account ${account}`
  const backfill = (mode: string) =>
    `k8s-costs backfill ${of} --from ${isoMoment(start)} --to ${isoMoment(end)} --mode ${mode}`
  switch (reason) {
    case 'not_loaded':
      return [backfill('missing')]
    case 'source_incomplete':
      return [`k8s-costs stores ${of}`]
    case 'missing_series':
      return [`k8s-costs doctor ${of}`]
    case 'source_silent':
    case 'suspect':
      return [backfill('all')]
    case 'quarantined':
      return [`k8s-costs runs list ${of} --state failed`, backfill('failed')]
    case 'expired':
      return []
  }
}
