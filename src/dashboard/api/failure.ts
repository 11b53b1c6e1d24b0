/** Why a question was not answered: what the API said of it, or that it said nothing. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** HTTP status; 0 where nothing was heard. */
  readonly status: number
  /** Code of the API's catalogue, for example `OE0212`. */
  readonly code: string | null
  /** Under which the API logged it. */
  readonly requestId: string | null
  /** Seconds that the API asks to wait. */
  readonly retryAfter: number | null

  constructor(
    reason: string,
    about: { status: number; code?: string; requestId?: string | null; retryAfter?: number | null },
  ) {
    super(reason)
    this.status = about.status
    this.code = about.code ?? null
    this.requestId = about.requestId ?? null
    this.retryAfter = about.retryAfter ?? null
  }
}

/** A failure from an answer whose status is no 200. */
export async function failureOf(response: Response): Promise<Failure> {
  const text = await response.text().catch(() => '')
  const about = {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    retryAfter: seconds(response.headers.get('retry-after')),
  }
  const said = errorOf(text)
  return said === null
    ? new Failure(`The server answered with status ${response.status}.`, about)
    : new Failure(said.reason, { ...about, code: said.code })
}

/** A failure where no answer came at all. */
export function unheard(): Failure {
  return new Failure('The server can’t be reached.', { status: 0 })
}

function seconds(header: string | null): number | null {
  const value = Number(header)
  return header === null || !Number.isFinite(value) ? null : value
}

function errorOf(text: string): { code: string; reason: string } | null {
  try {
    const { error } = JSON.parse(text) as { error?: { error_code?: unknown; reason?: unknown } }
    if (typeof error?.error_code !== 'string' || typeof error.reason !== 'string') return null
    return { code: error.error_code, reason: error.reason }
  } catch {
    return null
  }
}
