import type { ErrorCode } from '../../errors.js'

/** What a run may end with beside the errors that have a name. */
type Outcome =
  | 'ABANDONED'
  | 'INTERNAL'
  | 'source_incomplete'
  | 'source_silent'
  | 'missing_series'
  | 'suspect'
  | 'quarantined'

const OPERATOR = 'the operator of the service has to act'
const AGAIN = 'it is tried again'

// The stored message may name hosts of the installation, which an account has no business with; the code does not.
const SENTENCES: Readonly<Record<ErrorCode | Outcome, string>> = {
  THANOS_UNREACHABLE: `The metrics store could not be reached; ${AGAIN}`,
  THANOS_TIMEOUT: `The metrics store did not answer in time; ${AGAIN}`,
  THANOS_OVERLOADED: `The metrics store is overloaded; ${AGAIN}`,
  THANOS_UNAVAILABLE: `The metrics store is not available; ${AGAIN}`,
  THANOS_PARTIAL: `The metrics store gave only a part of the answer; ${AGAIN}`,
  THANOS_BAD_BODY: `The answer of the metrics store could not be read; ${AGAIN}`,
  THANOS_TOO_MUCH: 'The metrics store refused an answer as too large; it is asked in smaller parts',
  THANOS_RESPONSE_TOO_LARGE: 'An answer of the metrics store was too large; it is asked in smaller parts',
  THANOS_BAD_QUERY: `The metrics store refused a query; ${OPERATOR}`,
  THANOS_CONTRACT: `The metrics store answered otherwise than agreed; ${OPERATOR}`,
  THANOS_UNAUTHORIZED: `The metrics store refused access; ${OPERATOR}`,
  THANOS_MISCONFIGURED: `The metrics store is configured wrongly; ${OPERATOR}`,
  FOREIGN_TENANT: `The metrics store gave series of another tenant; ${OPERATOR}`,
  REPLICAS_NOT_MERGED: `The metrics store does not merge replicas, which would count cost twice; ${OPERATOR}`,
  SOURCE_INCOMPLETE: `A store of the metrics was missing, so the hour would not be whole; ${AGAIN}`,
  MISSING_SERIES: 'Series that cost depends on are absent; see missing_metrics',
  INTERVAL_UNKNOWN: `How often the exporter is scraped could not be found; ${AGAIN}`,
  STALE_ATTEMPT: 'A newer attempt took the hour over',
  TRANSFORM_FAILED: `Cost could not be computed from what was read; ${OPERATOR}`,
  DATABASE_UNREACHABLE: `The database could not be reached; ${AGAIN}`,
  DATABASE_TOO_OLD: `The database is too old; ${OPERATOR}`,
  SCHEMA_NEWER: `The database is of a newer release; ${OPERATOR}`,
  SCHEMA_MISSING: `The database has not been brought up to date; ${OPERATOR}`,
  QUEUE_UNREACHABLE: `The queue could not be reached; ${AGAIN}`,
  AUTH_UNREACHABLE: `The auth service could not be reached; ${AGAIN}`,
  CONFIG_INVALID: `The configuration is not valid; ${OPERATOR}`,
  USAGE: `A command was given wrongly; ${OPERATOR}`,
  NOT_FOUND: `Something that was asked for does not exist; ${OPERATOR}`,
  CANCELLED: `The attempt was stopped; ${AGAIN}`,
  ABANDONED: 'The attempt ended without a word; its hours were taken over',
  INTERNAL: `The attempt failed unexpectedly; ${OPERATOR}`,
  source_incomplete: `A store of the metrics was missing or its answer was not whole; ${AGAIN}`,
  source_silent: `No heartbeat of the cluster: it or its sender was down; ${AGAIN}`,
  missing_series: 'Series that cost depends on are absent; see missing_metrics',
  suspect: `A later reading gave less than the one before, which was kept; ${AGAIN}`,
  quarantined: `Too many attempts failed; ${OPERATOR}`,
}

/** A code and a sentence that may be shown to the account; an unknown code is told as an unexpected failure. */
export function shownError(code: string): { code: string; sentence: string } {
  const known = Object.hasOwn(SENTENCES, code) ? (code as ErrorCode | Outcome) : 'INTERNAL'
  return { code: known, sentence: SENTENCES[known] }
}
