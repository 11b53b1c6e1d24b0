import { listAccounts } from '../src/db/accounts.js'
import { listRetentions } from '../src/db/retention.js'
import { unlessLocked } from '../src/db/session-lock.js'
import { DAY_SECONDS, dayOf } from '../src/domain/window.js'
import { describeError } from '../src/errors.js'
import { requestReload } from '../src/load/ledger.js'
import { keepRetention } from '../src/load/retention.js'
import { checkQuality } from './check-quality.js'
import { computeRightsizing } from './compute-rightsizing.js'
import type { JobContext } from './context.js'
import { countLateSamples } from './late-samples.js'
import { rediscover } from './plan-windows.js'
import { rollUpDays } from './roll-up-days.js'
import { wakeDue } from './wake-due.js'

interface Step {
  readonly name: string
  /** What it did, for the log; `failed` counts parts that went wrong. */
  readonly run: (context: JobContext) => Promise<object>
}

/**
 * In this order: checks see the day's sums, hours go only once they are in them, and names that no hour has are only
 * deleted while nothing is being loaded, so that reading yesterday anew comes last.
 */
const STEPS: readonly Step[] = [
  {
    name: rediscover.name,
    run: async context => {
      await rediscover.run(context)
      return {}
    },
  },
  { name: rollUpDays.name, run: context => rollUpDays.run(context, 'everything') },
  { name: checkQuality.name, run: checkQuality.run },
  { name: computeRightsizing.name, run: context => computeRightsizing.run(context, 'everything') },
  { name: 'keep-retention', run: retention },
  { name: countLateSamples.name, run: countLateSamples.run },
  { name: 'reload-yesterday', run: reloadYesterday },
]

/**
 * The work of the night. A step that fails leaves the others to run, and is there again the next night; of several
 * schedulers one does it.
 */
export const nightly = {
  name: 'nightly',
  async run(context: JobContext): Promise<void> {
    const isDone = await unlessLocked(context.pool, 'nightly work', async () => {
      for (const step of STEPS) {
        if (context.signal.aborted) return true
        await runStep(context, step)
      }
      return true
    })
    if (isDone === undefined) context.logger.info({}, 'another scheduler is at the nightly work')
  },
}

async function runStep(context: JobContext, { name, run }: Step): Promise<void> {
  const begun = performance.now()
  const took = () => ({ step: name, milliseconds: Math.round(performance.now() - begun) })
  try {
    const report = await run(context)
    const outcome = 'failed' in report && report.failed !== 0 ? 'failed' : 'done'
    context.observe({ kind: 'nightly', step: name, outcome })
    context.logger.info({ ...took(), ...report }, `nightly step ${outcome}`)
  } catch (error) {
    const { code, message } = describeError(error)
    context.observe({ kind: 'nightly', step: name, outcome: 'failed' })
    context.logger.error({ ...took(), code, err: error }, `nightly step failed: ${message}`)
  }
}

/** Reads yesterday's hours once more besides their own readings: a store that filled up late is seen by the morning. */
async function reloadYesterday(context: JobContext): Promise<object> {
  const { pool, config } = context
  const today = dayOf(context.now())
  let windows = 0
  for (const { cloudAccountId } of await listAccounts(pool)) {
    const clusters = await requestReload(pool, {
      cloudAccountId,
      from: today - DAY_SECONDS,
      to: today,
      mode: 'loaded',
      now: context.now(),
      settleMinutes: config.schedule.settleMinutes,
    })
    windows += clusters.reduce((sum, cluster) => sum + cluster.windows, 0)
  }
  await wakeDue.run(context)
  return { windows }
}

async function retention({ pool, config, logger, signal, now }: JobContext): Promise<object> {
  // Where the settings cannot be read this throws, and nothing is deleted by a default that may be shorter.
  const report = await keepRetention(pool, await listRetentions(pool, config.retention), now(), signal)
  if (report.busyMonths.length > 0)
    logger.warn(
      { months: report.busyMonths },
      'somebody is reading months that are to be dropped; the next night tries again',
    )
  return report
}
