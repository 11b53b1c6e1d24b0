import type { Gap } from '../api/routes.js'

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
