import { inspect } from 'node:util'
import { afterEach, beforeEach, expect } from 'vitest'
import type { ThanosConfig } from '../../src/config.js'
import { NamedError } from '../../src/errors.js'
import { createThanosClient } from '../../src/thanos/client.js'
import type { ThanosClientOptions } from '../../src/thanos/exchange.js'
import type { RangeAsk, ThanosClient } from '../../src/thanos/types.js'
import { createThanosStub, type ThanosStub } from '../support/thanos-stub.js'

export const ACCOUNT = { cloudAccountId: 'b6f1c5d2-0000-4000-8000-000000000001', tenantId: 'acc-1' }
export const RANGE = '/api/v1/query_range'
/** A secret that no message may hold. */
export const CANARY = 'c4n4ry-s3cret'
export const ASK: RangeAsk = {
  account: ACCOUNT,
  expression: 'up{tenant_id="acc-1"}',
  start: 3600,
  end: 7200,
  step: 3600,
}
export const ONE = [{ labels: { tenant_id: 'acc-1' }, points: [[3600, '1'] as const] }]

export interface Harness {
  readonly stub: ThanosStub
  /** A client of the stub, without retries unless they are asked for; closed after the test. */
  clientOf(config?: Partial<ThanosConfig>, options?: ThanosClientOptions): ThanosClient
}

/** A stub and its clients, fresh for every test of the calling file. */
export function useThanos(): Harness {
  let stub: ThanosStub | undefined
  const clients: ThanosClient[] = []
  beforeEach(async () => {
    stub = await createThanosStub()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map(client => client.close()))
    await stub?.close()
  })
  const running = (): ThanosStub => {
    if (stub === undefined) throw new Error('the stub runs only inside a test')
    return stub
  }
  return {
    get stub() {
      return running()
    },
    clientOf: (config = {}, options = {}) => {
      const retry = { tries: 1, baseMs: 1, capMs: 1, ...options.retry }
      const client = createThanosClient(configOf({ url: running().url, ...config }), { ...options, retry })
      clients.push(client)
      return client
    },
  }
}

/** A configuration with `CANARY` for a token. */
export function configOf(config: Partial<ThanosConfig>): ThanosConfig {
  return {
    url: undefined,
    username: undefined,
    password: undefined,
    bearerToken: CANARY,
    caFile: undefined,
    tenantHeader: 'THANOS-TENANT',
    tenantLabel: 'tenant_id',
    concurrency: 4,
    timeoutMs: 20_000,
    ...config,
  }
}

/** What a promise failed with; fails itself where it did not, or where the failure shows a secret or an address. */
export async function failureOf(promise: Promise<unknown>): Promise<NamedError> {
  const error: unknown = await promise.then(
    () => 'no failure',
    (reason: unknown) => reason,
  )
  if (!(error instanceof NamedError)) throw new Error(`not a named error: ${inspect(error)}`)
  const shown = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${error.message}`
  expect(shown).not.toMatch(/c4n4ry|acme|127\.0/)
  return error
}
