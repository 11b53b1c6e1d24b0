interface Entry {
  readonly status: number
  readonly template: string
  /** For the documentation, where the sentence alone does not tell. */
  readonly meaning?: string
}

/**
 * The codes that a reader of the API may see, with their status and the sentence that their parameters fill. Codes,
 * statuses and the order of the parameters are CloudTuner's, as its clients tell errors apart by them.
 */
const catalogue = {
  OE0002: { status: 404, template: '%s %s not found' },
  OE0003: {
    status: 503,
    template: '%s',
    meaning:
      'Not now; the same request may succeed after Retry-After. The database cannot be used, nothing of the account is loaded yet, or too much is asked at once',
  },
  OE0212: { status: 400, template: 'Unexpected parameters: %s' },
  OE0216: { status: 400, template: '%s is not provided' },
  OE0217: { status: 400, template: 'Invalid %s' },
  OE0223: { status: 400, template: '%s should be integer' },
  OE0224: { status: 400, template: '%s should be between %s and %s' },
  OE0234: { status: 403, template: 'Forbidden' },
  OE0235: { status: 401, template: 'Unauthorized' },
  OE0236: { status: 403, template: 'Bad secret' },
  OE0237: { status: 401, template: 'This resource requires authorization' },
  OE0245: { status: 405, template: '%s method is not allowed' },
  OE0257: { status: 404, template: 'Not found' },
  OE0446: { status: 400, template: '%s should be greater than %s' },
  OE0473: { status: 400, template: 'Invalid format: %s' },
  OE0515: { status: 400, template: 'The interval from start_date to end_date is too long' },
  U0429: { status: 429, template: 'Too many requests' },
} as const satisfies Record<string, Entry>

export type ApiCode = keyof typeof catalogue
export type ApiParam = string | number

/** A refusal that is told to the caller word for word; nothing of the inside belongs into it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiCode
  readonly params: readonly ApiParam[]
  readonly headers: Readonly<Record<string, string>>

  /** `detail` follows the code's own sentence after a colon: what was seen and what is expected. */
  constructor(
    code: ApiCode,
    params: readonly ApiParam[],
    options: { detail?: string; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    const sentence = fill(catalogue[code].template, params)
    super(
      options.detail === undefined ? sentence : `${sentence}: ${options.detail}`,
      options.cause === undefined ? {} : { cause: options.cause },
    )
    this.code = code
    this.params = params
    this.headers = options.headers ?? {}
  }

  get status(): number {
    return catalogue[this.code].status
  }
}

/** 503: not now, but the same request may succeed after `retryAfterSeconds`. */
export function unavailable(text: string, retryAfterSeconds: number, cause?: unknown): ApiError {
  return new ApiError('OE0003', [text], { headers: { 'retry-after': String(retryAfterSeconds) }, cause })
}

/** What a caller may meet with a status, each code with its sentence; … stands for what varies. */
export function codesOf(status: number): { code: string; meaning: string }[] {
  return Object.entries<Entry>(catalogue)
    .filter(([, entry]) => entry.status === status)
    .map(([code, { template, meaning }]) => ({ code, meaning: meaning ?? template.replaceAll('%s', '…') }))
}

function fill(template: string, params: readonly ApiParam[]): string {
  let next = 0
  return template.replaceAll('%s', () => String(params[next++] ?? ''))
}
