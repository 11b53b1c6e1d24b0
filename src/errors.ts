/**
 * Every failure the product can name, and what is to be done about it. Whether an error is retried is a property
 * of its code, never of the place that catches it.
 *
 * - `retry`: the same request may succeed later (transient).
 * - `split`: the answer is too much; ask for fewer windows, then for fewer series.
 * - `terminal`: asking again changes nothing; a person or a new release has to act.
 */
export type Remedy = 'retry' | 'split' | 'terminal'

const remedies = {
  THANOS_UNREACHABLE: 'retry',
  THANOS_TIMEOUT: 'retry',
  THANOS_OVERLOADED: 'retry',
  THANOS_UNAVAILABLE: 'retry',
  THANOS_PARTIAL: 'retry',
  THANOS_BAD_BODY: 'retry',
  THANOS_TOO_MUCH: 'split',
  THANOS_RESPONSE_TOO_LARGE: 'split',
  THANOS_BAD_QUERY: 'terminal',
  THANOS_CONTRACT: 'terminal',
  THANOS_UNAUTHORIZED: 'terminal',
  THANOS_MISCONFIGURED: 'terminal',
  FOREIGN_TENANT: 'terminal',
  REPLICAS_NOT_MERGED: 'terminal',
  SOURCE_INCOMPLETE: 'retry',
  MISSING_SERIES: 'retry',
  INTERVAL_UNKNOWN: 'retry',
  STALE_ATTEMPT: 'terminal',
  TRANSFORM_FAILED: 'terminal',
  DATABASE_UNREACHABLE: 'retry',
  DATABASE_TOO_OLD: 'terminal',
  SCHEMA_NEWER: 'terminal',
  SCHEMA_MISSING: 'terminal',
  QUEUE_UNREACHABLE: 'retry',
  AUTH_UNREACHABLE: 'retry',
  CONFIG_INVALID: 'terminal',
  USAGE: 'terminal',
  NOT_FOUND: 'terminal',
  CANCELLED: 'retry',
} as const satisfies Record<string, Remedy>

export type ErrorCode = keyof typeof remedies

/**
 * A failure with a name. `message` is fit for any log line and any row of the account it concerns: it holds no text
 * received from another system. `cause` may, and is therefore never logged or stored.
 */
export class NamedError extends Error {
  override readonly name = 'NamedError'
  readonly code: ErrorCode
  /** HTTP status of the other side, where there was one. */
  readonly status: number | undefined
  /** Seconds to wait as the other side asked (Retry-After), where it did. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; status?: number; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.status = options.status
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get remedy(): Remedy {
    return remedies[this.code]
  }
}

/** The code and safe message of anything thrown; an unnamed error keeps only its class, as its text is not ours. */
export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof NamedError) return { code: error.code, message: error.message }
  if (error instanceof Error) return { code: 'INTERNAL', message: `${error.name}: unexpected failure` }
  return { code: 'INTERNAL', message: 'unexpected failure' }
}
