import type { ThanosConfig } from '../config.js'
import { NamedError } from '../errors.js'
import { aboutInstant, aboutRange, instantForm, rangeForm, tenantHeaders } from './ask.js'
import { contract } from './classify.js'
import { decodeAnswer, decodeEnvelope } from './decode.js'
import { createExchanger, type Exchanger, type ThanosClientOptions } from './exchange.js'
import { isObject, member } from './json.js'
import type { Grid } from './points.js'
import { decodeStores } from './stores.js'
import type { Answer, InstantAsk, LabelValuesAsk, RangeAsk, StoresAnswer, ThanosClient } from './types.js'

/**
 * A client for one Thanos Query (or query-frontend, or Prometheus). At most `concurrency` requests are in flight; the
 * others wait in order. Throws CONFIG_INVALID where the configuration cannot be used.
 */
export function createThanosClient(config: ThanosConfig, options: ThanosClientOptions = {}): ThanosClient {
  const exchanger = createExchanger(config, options)
  return {
    queryRange: async ask =>
      query(exchanger, config, ask, {
        operation: 'query_range',
        form: rangeForm(ask, config.timeoutMs),
        grid: ask,
        about: aboutRange(ask),
      }),
    queryInstant: async ask =>
      query(exchanger, config, ask, {
        operation: 'query',
        form: instantForm(ask, config.timeoutMs),
        grid: undefined,
        about: aboutInstant(ask),
      }),
    labelValues: async ask => readLabelValues(exchanger, config, ask),
    stores: signal => readStores(exchanger, signal),
    buildInfo: async signal => {
      const members = await readStatus(exchanger, 'buildinfo', signal)
      // A build without release flags has an empty version.
      return members && { version: members.get('version') ?? '' }
    },
    flags: signal => readStatus(exchanger, 'flags', signal),
    close: () => exchanger.close(),
  }
}

interface Question {
  readonly operation: 'query_range' | 'query'
  readonly form: URLSearchParams
  readonly grid: Grid | undefined
  readonly about: string
}

function query(
  exchanger: Exchanger,
  { tenantHeader, tenantLabel }: ThanosConfig,
  ask: RangeAsk | InstantAsk,
  { operation, form, grid, about }: Question,
): Promise<Answer> {
  const expected = { tenantLabel, tenantId: ask.account.tenantId, grid, about }
  return exchanger.run({
    operation,
    ask: { path: `/api/v1/${operation}`, form, headers: tenantHeaders(tenantHeader, ask), about },
    signal: ask.signal,
    decode: ({ text, bytes }) => decodeAnswer(text, bytes, expected),
  })
}

function readLabelValues(
  exchanger: Exchanger,
  { tenantHeader }: ThanosConfig,
  ask: LabelValuesAsk,
): Promise<readonly string[]> {
  const about = aboutRange(ask)
  const parameters = new URLSearchParams({
    'match[]': `{${ask.matchers}}`,
    start: `${ask.start}`,
    end: `${ask.end}`,
    partial_response: 'false',
  })
  const path = `/api/v1/label/${encodeURIComponent(ask.label)}/values?${parameters}`
  return exchanger.run({
    operation: 'label_values',
    ask: { path, headers: tenantHeaders(tenantHeader, ask), about },
    signal: ask.signal,
    decode: ({ text }) => {
      const values = member(decodeEnvelope(text, about), 'data') ?? []
      if (Array.isArray(values) && values.every(value => typeof value === 'string')) return values
      throw contract('the values of a label are no list of texts', about)
    },
  })
}

async function readStores(exchanger: Exchanger, signal: AbortSignal | undefined): Promise<StoresAnswer> {
  const about = 'the list of stores'
  const ask = { path: '/api/v1/stores', about }
  try {
    const stores = await exchanger.run({
      operation: 'stores',
      ask,
      signal,
      decode: ({ text }) => decodeStores(text, about),
    })
    return { kind: 'thanos', stores }
  } catch (error) {
    if (error instanceof NamedError && error.status === 404) return { kind: 'unsupported' }
    throw error
  }
}

/** The members of a status page that are texts; undefined where a proxy does not let it through. */
async function readStatus(
  exchanger: Exchanger,
  page: 'buildinfo' | 'flags',
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string> | undefined> {
  const about = `the status page ${page}`
  const ask = { path: `/api/v1/status/${page}`, about }
  try {
    return await exchanger.run({
      operation: page,
      ask,
      signal,
      decode: ({ text }) => decodeTexts(text, about),
    })
  } catch (error) {
    if (error instanceof NamedError && isHidden(error)) return undefined
    throw error
  }
}

function isHidden({ status, code }: NamedError): boolean {
  return status === 403 || status === 404 || (status === 200 && code === 'THANOS_MISCONFIGURED')
}

function decodeTexts(text: string, about: string): Map<string, string> {
  const data = member(decodeEnvelope(text, about), 'data')
  if (!isObject(data)) throw contract('an answer has no data', about)
  return new Map(
    Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
