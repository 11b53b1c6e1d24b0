import type pg from 'pg'
import { pendingMigrations } from '../../db/migrate.js'
import { withDeadline } from '../deadline.js'
import { publicOperation } from '../openapi/operations.js'
import { reference } from '../openapi/schema.js'
import { ANSWERED_UNDER_PRESSURE } from '../plugins/shedding.js'
import { type Api, refuseOtherMethods } from './methods.js'

const ANSWER_MS = 3_000
const RETRY_AFTER = reference('headers', 'RetryAfter')

/** `/healthz`: the process answers. `/readyz`: the database answers too and has this release's schema. No bodies. */
export function addHealth(api: Api, { pool }: { pool: pg.Pool }): void {
  refuseOtherMethods(api, '/healthz')
  refuseOtherMethods(api, '/readyz')
  api.get(
    '/healthz',
    { config: { ...ANSWERED_UNDER_PRESSURE, documented: HEALTHZ } },
    async (_request, reply) => reply.code(200).send(),
  )
  api.get(
    '/readyz',
    { config: { ...ANSWERED_UNDER_PRESSURE, documented: READYZ } },
    async (request, reply) => {
      const isReady = await withDeadline(pendingMigrations(pool), ANSWER_MS).then(
        pending => pending.length === 0,
        () => false,
      )
      if (isReady) return reply.code(200).send()
      request.log.warn('not ready: the database does not answer or its schema is not current')
      return reply.code(503).header('retry-after', '5').send()
    },
  )
}

const HEALTHZ = publicOperation({
  id: 'getHealthz',
  summary: 'Whether the process answers',
  description: 'For a liveness probe; touches nothing else.',
  responses: { 200: { description: 'It does.' } },
})

const READYZ = publicOperation({
  id: 'getReadyz',
  summary: 'Whether requests can be answered',
  description: "For a readiness probe: the database answers and has this release's schema.",
  responses: {
    200: { description: 'They can.' },
    503: { description: 'Not at this time; there is no body.', headers: { 'Retry-After': RETRY_AFTER } },
  },
})
