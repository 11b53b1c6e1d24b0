import type { LightMyRequestResponse } from 'fastify'
import { expect } from 'vitest'
import { buildApp } from '../../src/api/app.js'
import type { Api } from '../../src/api/routes/methods.js'
import type { CostAllocationBody, CostAllocationRow } from '../../src/api/schemas/cost-allocation.js'
import { createToken } from '../../src/db/tokens.js'
import { type TestDatabase, testDatabase } from '../support/postgres.js'
import { seedCluster, seedWindow } from '../support/seed.js'

export const SECRET = 'cluster-secret-of-the-tests'
export const FIRST = '11111111-1111-4111-8111-111111111111'
export const SECOND = '22222222-2222-4222-8222-222222222222'
export const UNKNOWN = '99999999-9999-4999-8999-999999999999'
/** 2026-03-02T00:00Z, a Monday. */
export const MONDAY = Date.UTC(2026, 2, 2) / 1000
export const HOUR = 3600
export const DAY = { start_date: MONDAY, end_date: MONDAY + 24 * HOUR }

/** Arguments of a request by name; a list is repeated. */
export type Question = Record<string, string | number | string[]>

export interface World {
  readonly database: TestDatabase
  readonly app: Api
  token(account: string): Promise<string>
  /** Answer to a query of `cost_allocation`, asked with the cluster secret unless headers are given. */
  ask(account: string, query: Question, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** As `ask`, of any route of the account; fails the test unless the status is 200. */
  answer<Body>(account: string, route: string, query: Question): Promise<Body>
  /** As `ask`; fails the test unless the status is 200. */
  body(account: string, query: Question): Promise<CostAllocationBody>
  close(): Promise<void>
}

/** An API on a fresh database, at the given time (Unix seconds). */
export async function openWorld(now = MONDAY + 48 * HOUR): Promise<World> {
  const database = await testDatabase()
  const app = buildApp({ pool: database.pool, clusterSecret: SECRET, now: () => now })
  const ask: World['ask'] = (account, query, headers = { secret: SECRET }) =>
    app.inject({ method: 'GET', url: `${urlOf(account)}?${encode(query)}`, headers })
  return {
    database,
    app,
    ask,
    token: async account => (await createToken(database.pool, { cloudAccountId: account })).token,
    answer: async <Body>(account: string, route: string, query: Question) => {
      const url = `${urlOf(account, route)}?${encode(query)}`
      const response = await app.inject({ method: 'GET', url, headers: { secret: SECRET } })
      if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
      return response.json<Body>()
    },
    body: async (account, query) => {
      const response = await ask(account, query)
      if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${response.body}`)
      return response.json<CostAllocationBody>()
    },
    close: async () => {
      await app.close()
      await database.drop()
    },
  }
}

export function urlOf(account: string, route = 'cost_allocation'): string {
  return `/restapi/v2/cloud_accounts/${account}/k8s/${route}`
}

export function encode(query: Question): string {
  return Object.entries(query)
    .flatMap(([name, value]) =>
      [value].flat().map(one => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
    )
    .join('&')
}

/** The rows of all pages of the first account's answer; `look` sees each page. */
export async function allRows(
  world: World,
  query: Question,
  look: (body: CostAllocationBody) => void = () => {},
): Promise<CostAllocationRow[]> {
  const rows: CostAllocationRow[] = []
  let next: string | null = null
  do {
    const body: CostAllocationBody = await world.body(
      FIRST,
      next === null ? query : { ...query, cursor: next },
    )
    look(body)
    rows.push(...body.cost_allocation)
    next = body.page.next
  } while (next !== null)
  return rows
}

/** The envelope of an error, whatever its sentence. */
export function envelope(code: string, status: number, params: unknown[]) {
  return { error: { status_code: status, error_code: code, reason: expect.any(String), params } }
}

/** One empty window of one cluster: enough for an account to be answered. */
export async function seedEmptyWindow(world: World, account: string): Promise<void> {
  const key = { account, cluster: 'one' }
  await seedCluster(world.database.pool, key, MONDAY, MONDAY)
  await seedWindow(world.database.pool, key, MONDAY, { containers: [], nodes: [] })
}
