import type pg from 'pg'
import { pendingMigrations } from '../../db/migrate.js'
import { withDeadline } from '../deadline.js'
import { ANSWERED_UNDER_PRESSURE } from '../plugins/shedding.js'
import { type Api, refuseOtherMethods } from './methods.js'

const ANSWER_MS = 3_000

/** `/healthz`: the process answers. `/readyz`: the database answers too and has this release's schema. No bodies. */
export function addHealth(api: Api, { pool }: { pool: pg.Pool }): void {
  refuseOtherMethods(api, '/healthz')
  refuseOtherMethods(api, '/readyz')
  api.get('/healthz', { config: ANSWERED_UNDER_PRESSURE }, async (_request, reply) => reply.code(200).send())
  api.get('/readyz', { config: ANSWERED_UNDER_PRESSURE }, async (request, reply) => {
    const isReady = await withDeadline(pendingMigrations(pool), ANSWER_MS).then(
      pending => pending.length === 0,
      () => false,
    )
    if (isReady) return reply.code(200).send()
    request.log.warn('not ready: the database does not answer or its schema is not current')
    return reply.code(503).header('retry-after', '5').send()
  })
}
