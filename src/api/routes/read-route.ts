import type { FastifyReply } from 'fastify'
import type pg from 'pg'
import type { Static, TObject } from 'typebox'
import type { RetentionDefaults } from '../../db/retention.js'
import { newestDueWindow } from '../../domain/window.js'
import { type AccountState, type DataState, readAccount, readDataState } from '../answers/range-state.js'
import type { Subject } from '../answers/subject.js'
import { accountNotFound } from '../auth.js'
import { entityTag, heldTag } from '../caching.js'
import { JSON_TYPE } from '../error-reply.js'
import { unavailable } from '../errors.js'
import { accountOperation } from '../openapi/operations.js'
import type { Admit } from '../plugins/rate-limit.js'
import type { ArgumentReader, RawArguments } from '../query/arguments.js'
import { type QuerySchema, readQuery } from '../query/read-query.js'
import { type RunQuery, readSnapshot } from '../snapshot.js'
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
  readonly retention: RetentionDefaults
}

/** An answer about one account, as data: how it is asked, what it gives, and how it is found. */
export interface ReadRoute<Query extends QuerySchema, Asked, Body extends TObject> {
  /** Last part of the path, and the name of the rows in the body. */
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly query: Query
  readonly body: Body
  /** What the arguments mean; refuses what each of them may say but not together. */
  read(values: Static<Query>, reader: ArgumentReader): Asked
  /** The whole answer from one snapshot. */
  answer(run: RunQuery, subject: Subject<Asked>): Promise<Static<Body>>
  /** What the answer depends on beside the facts and the arguments; nothing unless told. */
  version?(run: RunQuery, cloudAccountId: string): Promise<string>
  /** An account of which nothing has ever been loaded is answered all the same. */
  readonly answersEmpty?: boolean
}

/** Gives a route as it is, its parts checked against each other. */
export function defineRoute<Query extends QuerySchema, Asked, Body extends TObject>(
  route: ReadRoute<Query, Asked, Body>,
): ReadRoute<Query, Asked, Body> {
  return route
}

/**
 * Serves a route under an account. Checks in CloudTuner's order: header, permission, object, arguments. What the caller
 * has already (If-None-Match) is answered before any fact is read.
 */
export function addReadRoute<Query extends QuerySchema, Asked, Body extends TObject>(
  api: Api,
  deps: RouteDeps,
  route: ReadRoute<Query, Asked, Body>,
): void {
  const url = `/restapi/v2/cloud_accounts/:id/k8s/${route.name}`
  refuseOtherMethods(api, url)
  api.get<{ Params: { id: string }; Querystring: RawArguments }>(
    url,
    { schema: { response: { 200: route.body } }, config: { documented: accountOperation(route) } },
    async (request, reply) => {
      const { id } = request.params
      const { cloudAccountId } = await deps.admit(request, reply, id)
      const body = await readSnapshot(deps.pool, cloudAccountId, async run => {
        const account = await readAccount(run, cloudAccountId)
        if (account === undefined) throw accountNotFound(id)
        const asked = readQuery(route.query, request.query, route.read)
        const data = await readDataState(run, cloudAccountId)
        if (data.loadedWindows === 0 && route.answersEmpty !== true) throw nothingLoaded(cloudAccountId)
        const subject = subjectOf(deps, { cloudAccountId, account, asked, data })
        const tag = answerTag([route.name, subject, (await route.version?.(run, cloudAccountId)) ?? ''])
        const held = heldTag(request, tag)
        setCaching(reply, held ?? tag)
        return held === undefined ? route.answer(run, subject) : undefined
      })
      if (body === undefined) return reply.code(304).send()
      return reply.type(JSON_TYPE).send(body)
    },
  )
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
      dailyDays: known.account.dailyDays ?? retention.dailyDays,
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
