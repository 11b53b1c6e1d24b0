import underPressure from '@fastify/under-pressure'
import type { FastifyRequest } from 'fastify'
import { unavailable } from '../errors.js'
import type { ObserveApi } from '../events.js'
import type { Api } from '../routes/methods.js'

const RETRY_SECONDS = 2
/** Over how long the delay is averaged. */
const SAMPLE_MS = 2000

/**
 * Refuses at once, with a 503 and a time to come back, while the event loop lags by more than the limit on average.
 * A route that has to be answered all the same says so in its config (`pressureHandler`).
 */
export function addPressureShedding(app: Api, eventLoopDelayMs: number, observe: ObserveApi): void {
  app.register(underPressure, {
    maxEventLoopDelay: eventLoopDelayMs,
    sampleInterval: SAMPLE_MS,
    pressureHandler: async () => {
      observe({ kind: 'shed', reason: 'event_loop' })
      throw tooBusy()
    },
  })
}

/** For the config of a route that is answered under any pressure. */
export const ANSWERED_UNDER_PRESSURE = { pressureHandler: () => undefined }

/**
 * Bounds how many requests of the routes of `api` are in work at once. One is in work until nothing of it is left to
 * do: its answer was computed and has been sent, or its caller is gone.
 */
export function boundWork(api: Api, most: number, observe: ObserveApi): void {
  const inWork = new Set<FastifyRequest>()
  api.addHook('onRequest', async request => {
    if (inWork.size >= most) {
      observe({ kind: 'shed', reason: 'in_work' })
      throw tooBusy()
    }
    inWork.add(request)
  })
  api.addHook('onSend', async (request, reply) => {
    const { raw } = reply
    const done = () => inWork.delete(request)
    // A caller that left while the answer was computed: no event follows.
    if (raw.destroyed) done()
    else raw.once('finish', done).once('close', done)
  })
}

function tooBusy() {
  return unavailable('Too much is asked at once', RETRY_SECONDS)
}
