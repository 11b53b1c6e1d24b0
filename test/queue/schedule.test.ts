import { afterEach, describe, expect, it, vi } from 'vitest'
import { schedule } from '../../src/queue/schedule.js'
import { recordingLogger } from '../support/log.js'

const soon = { timeout: 20_000, interval: 20 }
const everySecond = '* * * * * *'
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(stops.splice(0).map(stop => stop()))
})

describe('a schedule', () => {
  it('goes on after a run that failed, and says so in the log without its text', async () => {
    const { logger, text } = recordingLogger()
    let runs = 0
    const task = schedule(everySecond, 'plan', async () => void runs++, logger)
    const failing = schedule(
      everySecond,
      'fail',
      async () => {
        runs += 1
        throw new Error('canary-9')
      },
      logger,
    )
    stops.push(task.stop, failing.stop)
    await vi.waitFor(() => expect(runs).toBeGreaterThan(3), soon)
    expect(text()).toContain('a scheduled task failed')
    expect(text()).not.toContain('canary-9')
  })

  it('never runs twice at once, and its stop waits for the run under way', async () => {
    const { logger, text } = recordingLogger()
    let atOnce = 0
    let most = 0
    const task = schedule(
      everySecond,
      'slow',
      signal =>
        new Promise(resolve => {
          atOnce += 1
          most = Math.max(most, atOnce)
          signal.addEventListener('abort', () => {
            atOnce -= 1
            resolve()
          })
        }),
      logger,
    )
    await vi.waitFor(() => expect(text()).toContain('still running'), soon)
    expect(atOnce).toBe(1)
    await task.stop()
    expect({ atOnce, most }).toEqual({ atOnce: 0, most: 1 })
  })
})
