import type { CloudAccount } from '../domain/account.js'
import type { Series } from '../domain/samples.js'

/** What was odd about an answer that could be used all the same. Every member is a count. */
export interface Annotations {
  /** PromQL info annotations: harmless noise. */
  readonly info: number
  /** PromQL warning annotations: the engine left something out, such as histograms among floats. */
  readonly warning: number
  /** Series that hold native histogram points, which are not read; one without any float point is kept empty. */
  readonly histograms: number
  /** Series that came twice with equal points; the second is dropped. */
  readonly duplicates: number
  /** Labels shortened (`cut`) or freed of NUL characters (`stripped`). */
  readonly cutLabels: number
  readonly strippedLabels: number
}

/** A judged answer: complete, of the right account, of the expected type. */
export interface Answer {
  readonly series: readonly Series[]
  readonly annotations: Annotations
  /** Decoded size of the body in bytes. */
  readonly bytes: number
}

interface Ask {
  readonly account: Pick<CloudAccount, 'cloudAccountId' | 'tenantId'>
  readonly expression: string
  readonly signal?: AbortSignal
}

/** Points at `start, start+step, … <= end`; all Unix seconds, aligned to `step`. */
export interface RangeAsk extends Ask {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** An instant query; with a range selector on top it answers raw samples with their true timestamps. */
export interface InstantAsk extends Ask {
  readonly time: number
}

/** The values that a label has on the series that `matchers` (the inside of the braces) select; Unix seconds. */
export interface LabelValuesAsk {
  readonly account: Pick<CloudAccount, 'cloudAccountId' | 'tenantId'>
  readonly label: string
  readonly matchers: string
  readonly start: number
  readonly end: number
  readonly signal?: AbortSignal
}

/** One store of `/api/v1/stores`, without its address (addresses change with every pod restart). Times in Unix seconds. */
export interface AnnouncedStore {
  readonly component: string
  readonly isHealthy: boolean
  readonly labelSets: readonly ReadonlyMap<string, string>[]
  readonly minTime: number
  /** Infinity for an open end. */
  readonly maxTime: number
}

/** `unsupported`: a plain Prometheus, which has no stores. */
export type StoresAnswer =
  | { readonly kind: 'thanos'; readonly stores: readonly AnnouncedStore[] }
  | { readonly kind: 'unsupported' }

/** The slice of Thanos that the product uses. Every method rejects with a `NamedError` and with nothing else. */
export interface ThanosClient {
  queryRange(ask: RangeAsk): Promise<Answer>
  queryInstant(ask: InstantAsk): Promise<Answer>
  /** Not bound by the stores' limits on series, so it answers where a query over the same series is refused. */
  labelValues(ask: LabelValuesAsk): Promise<readonly string[]>
  stores(signal?: AbortSignal): Promise<StoresAnswer>
  /** `GET /api/v1/status/buildinfo`, `/api/v1/status/flags`, `/-/ready`: undefined where a proxy hides them. */
  buildInfo(signal?: AbortSignal): Promise<{ version: string } | undefined>
  flags(signal?: AbortSignal): Promise<ReadonlyMap<string, string> | undefined>
  close(): Promise<void>
}
