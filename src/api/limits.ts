/** What the API bears. Every number holds for one process. */
export interface Limits {
  /** Of one token, and refused ones of one address; ten times as many of the cluster secret. 0: any number. */
  readonly requestsPerMinute: number
  /** Requests in work at once; each holds a connection to the database or waits for one. */
  readonly inWork: number
  /** Mean delay of the event loop beyond which requests are refused, in milliseconds. 0: any delay. */
  readonly eventLoopDelayMs: number
  /** How long the headers of a request may take to arrive. */
  readonly headersMs: number
  /** How long a whole request may take to arrive. No request of this API has a body. */
  readonly requestMs: number
  /** How long nothing may move on a connection. Above what the slowest page takes; an export has longer. */
  readonly stillMs: number
  /** How often connections are looked at for headers and requests. */
  readonly checkConnectionsMs: number
}

/** What holds where nothing else is told. */
export const DEFAULT_LIMITS: Limits = {
  requestsPerMinute: 0,
  // Ten times the connections of a process: with more, the last would wait for one longer than it may.
  inWork: 100,
  eventLoopDelayMs: 0,
  headersMs: 10_000,
  requestMs: 30_000,
  stillMs: 60_000,
  checkConnectionsMs: 2_000,
}

/**
 * Of a process that serves. Its worker may compute for a second without a pause, which delays a few requests once and is
 * no reason to refuse others; a loop that lags by a second on average does nothing else any more.
 */
export const SERVICE_LIMITS = { eventLoopDelayMs: 1000 }
