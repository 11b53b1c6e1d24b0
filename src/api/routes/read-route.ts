import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type pg from 'pg'
import type { Static, TObject } from 'typebox'
import type { RetentionDefaults } from '../../db/retention.js'
import { dateOf, newestDueWindow } from '../../domain/window.js'
import { describeError } from '../../errors.js'
import { type AccountState, type DataState, readAccount, readDataState } from '../answers/range-state.js'
import type { Subject } from '../answers/subject.js'
import { accountNotFound } from '../auth.js'
import { entityTag, heldTag } from '../caching.js'
import { JSON_TYPE } from '../error-reply.js'
import { ApiError, unavailable } from '../errors.js'
import { accountOperation } from '../openapi/operations.js'
import type { Admit } from '../plugins/rate-limit.js'
import type { ArgumentReader, RawArguments } from '../query/arguments.js'
import { type QuerySchema, readQuery } from '../query/read-query.js'
import { EXPORT_MS, openSnapshot, type RunQuery, readSnapshot, type Snapshot } from '../snapshot.js'
import { CSV_TYPE, csvStream, prefersCsv } from './csv.js'
import { type Api, refuseOtherMethods } from './methods.js'

const NOTHING_LOADED_RETRY_SECONDS = 60

/** What every route works with. */
export interface RouteDeps {
  readonly pool: pg.Pool
  readonly admit: Admit
  /** Unix seconds. */
  readonly now: () => number
  /** Minutes after its end at which a window should have been loaded first. */
  readonly settleMinutes: number
  /** Of accounts that have none of their own. */
  readonly retention: Pick<RetentionDefaults, 'hourlyDays'>
  /** Begins an export and gives how to end it; throws where too many are under way. */
  readonly enterExport: () => () => void
}

/** What the frame itself looks at of what is asked. */
interface AnyAsked {
  readonly startDate?: number | undefined
  readonly endDate?: number | undefined
  readonly format?: 'json' | 'csv'
  readonly limit?: number
  readonly cursor?: string | undefined
}

/** What an answer depends on beside the facts and the arguments: another version for anything that differs. */
export interface Basis {
  readonly version: string
}

/** An answer about one account, as data: how it is asked, what it gives, and how it is found. */
export interface ReadRoute<
  Query extends QuerySchema,
  Asked extends AnyAsked,
  Body extends TObject,
  Own extends Basis = Basis,
> {
  /** Last part of the path, and the name of the rows in the body. */
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly query: Query
  readonly body: Body
  /** What the arguments mean; refuses what each of them may say but not together. */
  read(values: Static<Query>, reader: ArgumentReader): Asked
  /** The whole answer from one snapshot. */
  answer(run: RunQuery, subject: Subject<Asked>, basis: Own): Promise<Static<Body>>
  /** All rows in order, to be fetched one batch after the other; taken from the answer unless told. */
  rows?(snapshot: Snapshot, subject: Subject<Asked>): Promise<(most: number) => Promise<readonly object[]>>
  /** What the answer depends on beside the facts and the arguments, looked at once for both; nothing unless told. */
  basis?(run: RunQuery, subject: Subject<Asked>): Promise<Own>
  /** An account of which nothing has ever been loaded is answered all the same. */
  readonly answersEmpty?: boolean
}

/** Gives a route as it is, its parts checked against each other. */
export function defineRoute<
  Query extends QuerySchema,
  Asked extends AnyAsked,
  Body extends TObject,
  Own extends Basis = Basis,
>(route: ReadRoute<Query, Asked, Body, Own>): ReadRoute<Query, Asked, Body, Own> {
  return route
}

type RouteRequest = FastifyRequest<{ Params: { id: string }; Querystring: RawArguments }>

/**
 * Serves a route under an account. Checks in CloudTuner's order: header, permission, object, arguments. What the caller
 * has already (If-None-Match) is answered before any fact is read.
 */
export function addReadRoute<
  Query extends QuerySchema,
  Asked extends AnyAsked,
  Body extends TObject,
  Own extends Basis,
>(api: Api, deps: RouteDeps, route: ReadRoute<Query, Asked, Body, Own>): void {
  const url = `/restapi/v2/cloud_accounts/:id/k8s/${route.name}`
  refuseOtherMethods(api, url)
  const options = {
    schema: { response: { 200: route.body } },
    config: { documented: accountOperation(route) },
  }
  api.get<{ Params: { id: string }; Querystring: RawArguments }>(url, options, async (request, reply) => {
    const { cloudAccountId } = await deps.admit(request, reply, request.params.id)
    const exchange = { request, reply, cloudAccountId }
    if (wantsCsv(route.query, request)) return exportRows(deps, route, exchange)
    const body = await readSnapshot(deps.pool, cloudAccountId, async run => {
      const found = await findSubject(deps, route, run, exchange)
      return found === undefined ? undefined : route.answer(run, found.subject, found.basis)
    })
    return body === undefined ? reply.code(304).send() : reply.type(JSON_TYPE).send(body)
  })
}

interface Exchange {
  readonly request: RouteRequest
  readonly reply: FastifyReply
  readonly cloudAccountId: string
}

/** What is to be answered about whom; undefined where the caller has the answer. Names its version in the reply. */
async function findSubject<
  Query extends QuerySchema,
  Asked extends AnyAsked,
  Body extends TObject,
  Own extends Basis,
>(
  deps: RouteDeps,
  route: ReadRoute<Query, Asked, Body, Own>,
  run: RunQuery,
  { request, reply, cloudAccountId }: Exchange,
): Promise<{ subject: Subject<Asked>; basis: Own } | undefined> {
  const account = await readAccount(run, cloudAccountId)
  if (account === undefined) throw accountNotFound(request.params.id)
  const given = wantsCsv(route.query, request) ? { ...request.query, format: 'csv' } : request.query
  const asked = readQuery(route.query, given, route.read)
  const data = await readDataState(run, cloudAccountId)
  if (data.loadedWindows === 0 && route.answersEmpty !== true) throw nothingLoaded(cloudAccountId)
  const subject = subjectOf(deps, { cloudAccountId, account, asked, data })
  // A route that depends on nothing else looks at nothing of it.
  const basis = (await route.basis?.(run, subject)) ?? (NO_BASIS as Own)
  const tag = answerTag([route.name, subject, basis.version])
  const held = heldTag(request, tag)
  setCaching(reply, held ?? tag)
  return held === undefined ? { subject, basis } : undefined
}

const NO_BASIS: Basis = { version: '' }

/** True where the rows are asked for as CSV; by the parameter, or without it by the Accept header. */
function wantsCsv({ properties }: QuerySchema, { query, headers }: RouteRequest): boolean {
  if (!Object.hasOwn(properties, 'format')) return false
  return query.format === undefined ? prefersCsv(headers.accept) : query.format === 'csv'
}

/** Rows fetched at once of an export. */
const BATCH = 500

// The first rows are fetched before anything is sent, so that what fails on the way to them still has its status.
async function exportRows<
  Query extends QuerySchema,
  Asked extends AnyAsked,
  Body extends TObject,
  Own extends Basis,
>(deps: RouteDeps, route: ReadRoute<Query, Asked, Body, Own>, exchange: Exchange): Promise<FastifyReply> {
  const { request, reply, cloudAccountId } = exchange
  const snapshot = await openSnapshot(deps.pool, cloudAccountId)
  let leave = () => {}
  try {
    const found = await findSubject(deps, route, snapshot.run, exchange)
    reply.type(CSV_TYPE)
    if (found === undefined) {
      await snapshot.close(true)
      return reply.code(304).send()
    }
    const { subject } = found
    reply.header('content-disposition', attachment(route.name, subject.asked))
    if (request.method === 'HEAD') {
      await snapshot.close(true)
      // A stream as the table is, so that the headers are those of the table.
      return reply.send(Readable.from([]))
    }
    leave = deps.enterExport()
    // Nothing moves on the connection until the first rows are there. Whoever then takes none is noticed by csvStream.
    reply.raw.setTimeout(EXPORT_MS + 30_000, () => reply.raw.destroy())
    const next = await (route.rows?.(snapshot, subject) ?? rowsOfAnswer(route, snapshot.run, found))
    const rows = { first: await next(BATCH), next: () => next(BATCH) }
    const columns = Object.keys(rowSchema(route).properties)
    const close = (isClean: boolean) => {
      leave()
      void snapshot.close(isClean)
    }
    const table = csvStream(columns, subject.account.currency, rows, close)
    table.once('error', error => request.log.warn({ failure: describeError(error) }, 'an export broke off'))
    return reply.send(table)
  } catch (error) {
    leave()
    await snapshot.close(error instanceof ApiError && error.status < 500)
    throw error
  }
}

/** The rows of an answer without a limit, for routes that have few. */
async function rowsOfAnswer<
  Query extends QuerySchema,
  Asked extends AnyAsked,
  Body extends TObject,
  Own extends Basis,
>(
  route: ReadRoute<Query, Asked, Body, Own>,
  run: RunQuery,
  { subject, basis }: { subject: Subject<Asked>; basis: Own },
): Promise<(most: number) => Promise<readonly object[]>> {
  const asked = { ...subject.asked, limit: Number.MAX_SAFE_INTEGER, cursor: undefined }
  const body = await route.answer(run, { ...subject, asked }, basis)
  const rows = (body as Record<string, object[]>)[route.name] ?? []
  return async most => rows.splice(0, most)
}

/** Schema of the rows in a route's body, which stand under its name. */
export function rowSchema({ body, name }: { body: TObject; name: string }): TObject {
  return (body.properties[name] as unknown as { items: TObject }).items
}

function attachment(name: string, { startDate, endDate }: AnyAsked): string {
  const dates = [startDate, endDate].flatMap(date => (date === undefined ? [] : [dateOf(date)]))
  return `attachment; filename="${[name, ...dates].join('_')}.csv"`
}

function subjectOf<Asked>(
  { now, settleMinutes, retention }: RouteDeps,
  known: { cloudAccountId: string; account: AccountState; asked: Asked; data: DataState },
): Subject<Asked> {
  const seconds = now()
  return {
    ...known,
    now: seconds,
    newestDue: newestDueWindow(seconds, settleMinutes),
    retention: {
      hourlyDays: known.account.hourlyDays ?? retention.hourlyDays,
    },
  }
}

/**
 * Strong validator of an answer: the same as long as the data, the question and what is due are. The second at which
 * the answer was made (generated_at) is not part of it: whoever holds the answer holds what it says.
 */
function answerTag(parts: readonly [string, Subject<unknown>, string]): string {
  const [name, { now: _now, ...subject }, version] = parts
  const text = JSON.stringify([name, subject, version], (_, value) =>
    value instanceof Map ? [...value] : value,
  )
  return entityTag(text)
}

function setCaching(reply: FastifyReply, tag: string): void {
  reply.headers({
    etag: tag,
    'cache-control': 'private, max-age=0, must-revalidate',
    vary: 'Accept, Accept-Encoding, Authorization, Secret',
  })
}

function nothingLoaded(cloudAccountId: string) {
  return unavailable(
    `No window of CloudAccount ${cloudAccountId} is loaded yet; its first data appears once an hour has been ingested`,
    NOTHING_LOADED_RETRY_SECONDS,
  )
}
