import protobuf from 'protobufjs/minimal.js'
import snappy from 'snappyjs'
import type { Estate } from './estate.js'
import type { AccountModel, Span } from './model.js'
import { eachSample, type SeriesModel, staleMarkers } from './series.js'

export interface PushOptions {
  /** Headers of the requests of one account, such as the one that names the tenant. */
  readonly headers?: (account: AccountModel) => Readonly<Record<string, string>>
  /** Name of the label that carries the tenant. Without it none is sent, as the receiver adds its own. */
  readonly tenantLabel?: string
  /** Only samples in `[from, to)`, Unix seconds; all of the estate by default. */
  readonly from?: number
  readonly to?: number
  /** Samples per request. */
  readonly batch?: number
  readonly signal?: AbortSignal
}

export interface Pushed {
  readonly samples: number
  readonly requests: number
}

/** Bits of the NaN that says "no more samples": no number that JavaScript would keep apart from other NaNs. */
const STALE_BITS = { low: 2, high: 0x7ff00000, unsigned: false }
const DEFAULT_BATCH = 20_000
/** All series are sent up to a time before any of them goes on, so that no receiver's head runs away from the rest. */
const STRIDE_SECONDS = 1800

/**
 * Sends the estate's samples by remote write to `endpoint` (the whole address, path included): series by series in
 * order of time, a staleness marker after each orderly end. Rejects when a request is not accepted.
 */
export async function pushEstate(
  endpoint: string,
  estate: Estate,
  options: PushOptions = {},
): Promise<Pushed> {
  const from = options.from ?? estate.from
  const to = options.to ?? estate.to
  const pushed = { samples: 0, requests: 0 }
  for (let at = from; at < to; at += STRIDE_SECONDS) {
    const span = { from: at, to: Math.min(at + STRIDE_SECONDS, to) }
    for (const account of estate.accounts) {
      const sender = new Sender(endpoint, account, options, pushed)
      for (const series of estate.series(account.cloudAccountId)) await sender.add(series, span)
      await sender.flush()
    }
  }
  return pushed
}

class Sender {
  readonly #endpoint: string
  readonly #account: AccountModel
  readonly #options: PushOptions
  readonly #pushed: { samples: number; requests: number }
  #writer = protobuf.Writer.create()
  #waiting = 0

  constructor(
    endpoint: string,
    account: AccountModel,
    options: PushOptions,
    pushed: { samples: number; requests: number },
  ) {
    this.#endpoint = endpoint
    this.#account = account
    this.#options = options
    this.#pushed = pushed
  }

  async add(series: SeriesModel, span: Span): Promise<void> {
    const samples = samplesOf(series, span)
    if (samples.length === 0) return
    const writer = this.#writer.uint32(0x0a).fork()
    for (const [name, value] of this.#labels(series)) {
      writer.uint32(0x0a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim()
    }
    for (const sample of samples) {
      writer.uint32(0x12).fork()
      if (sample.value === 'stale') writer.uint32(0x09).fixed64(STALE_BITS)
      else writer.uint32(0x09).double(sample.value)
      writer
        .uint32(0x10)
        .int64(sample.t * 1000)
        .ldelim()
    }
    writer.ldelim()
    this.#waiting += samples.length
    if (this.#waiting >= (this.#options.batch ?? DEFAULT_BATCH)) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#waiting === 0) return
    const body = snappy.compress(this.#writer.finish())
    const { signal } = this.#options
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
        ...this.#options.headers?.(this.#account),
      },
      ...(signal ? { signal } : {}),
    })
    const text = await response.text()
    if (!response.ok) {
      throw new Error(
        `remote write of account ${this.#account.cloudAccountId} was answered with ${response.status}`,
        {
          cause: text,
        },
      )
    }
    this.#pushed.samples += this.#waiting
    this.#pushed.requests++
    this.#writer = protobuf.Writer.create()
    this.#waiting = 0
  }

  #labels(series: SeriesModel): [string, string][] {
    const labels = [...series.labels].filter(([name]) => name !== 'tenant_id')
    const { tenantLabel } = this.#options
    if (tenantLabel) labels.push([tenantLabel, this.#account.tenantId])
    return labels.sort(([a], [b]) => (a < b ? -1 : 1))
  }
}

function samplesOf(series: SeriesModel, span: Span): { t: number; value: number | 'stale' }[] {
  const samples: { t: number; value: number | 'stale' }[] = []
  eachSample(series, span.from, span.to, (t, value) => samples.push({ t, value }))
  for (const t of staleMarkers(series, span.from, span.to)) samples.push({ t, value: 'stale' })
  return samples.sort((a, b) => a.t - b.t)
}
