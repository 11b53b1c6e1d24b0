import type { Processor } from 'bullmq'
import { NamedError } from '../errors.js'
import type { Logger } from '../observe/logger.js'
import { type Backend, type BullWorker, codeOf, type WorkerSettings, within } from './backend.js'
import { readWakeUp, type WakeUp } from './wake-up.js'

/** Does what a wake-up asks for. `signal` is aborted when the process wants to stop: finish or release the work. */
export type WakeUpHandler = (wakeUp: WakeUp, signal: AbortSignal) => Promise<void>

export interface WorkOptions {
  /** Jobs at once. */
  readonly concurrency: number
  /** Milliseconds a job stays ours without a sign of life; 30,000 unless told. */
  readonly lockMs?: number
  /** Milliseconds between looks for jobs whose worker died; 30,000 unless told. */
  readonly stalledCheckMs?: number
  /** Milliseconds before something that failed is tried again; 1,000 unless told. */
  readonly retryMs?: number
  /** Milliseconds between proofs of life; 5,000 unless told. */
  readonly probeMs?: number
  /** Called on every proof that this worker consumes: a job begun, or nothing that could be begun. */
  readonly onAlive?: () => void
}

export interface WakeUpWorker {
  /** Takes no more jobs, aborts the handlers' signal, waits for them to end, and disconnects. */
  close(): Promise<void>
  /** Disconnects at once; jobs in hand go to another worker when their locks expire. */
  abandon(): Promise<void>
}

interface WorkContext {
  readonly backend: Backend
  readonly logger: Logger
  /** Number of jobs that wait. */
  countWaiting(): Promise<number>
}

const CLOSE_MS = 3_000
const QUIET_LOG_MS = 10_000

/** Starts consuming; goes on by itself after any outage of the queue. */
export function startWorker(
  context: WorkContext,
  handler: WakeUpHandler,
  options: WorkOptions,
): WakeUpWorker {
  return new SupervisedWorker(context, handler, options).start()
}

class SupervisedWorker implements WakeUpWorker {
  readonly #context: WorkContext
  readonly #handler: WakeUpHandler
  readonly #options: Required<WorkOptions>
  readonly #stop = new AbortController()
  readonly #active = new Set<Promise<void>>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #worker: BullWorker | undefined
  #begun = 0
  #begunAtProbe = 0
  #ended: Promise<void> | undefined
  #isPaused = false
  #quietUntil = 0
  #unlogged = 0

  constructor(context: WorkContext, handler: WakeUpHandler, options: WorkOptions) {
    this.#context = context
    this.#handler = handler
    this.#options = {
      lockMs: 30_000,
      stalledCheckMs: 30_000,
      retryMs: 1_000,
      probeMs: 5_000,
      onAlive: () => {},
      ...options,
    }
  }

  start(): this {
    this.#launch()
    this.#after(this.#options.probeMs, () => this.#probe())
    return this
  }

  close(): Promise<void> {
    this.#ended ??= this.#finish()
    return this.#ended
  }

  abandon(): Promise<void> {
    if (this.#ended === undefined) {
      this.#end()
      this.#ended = this.#disconnect(this.#worker?.close(true))
    }
    return this.#ended
  }

  async #finish(): Promise<void> {
    this.#end()
    const closed = this.#worker?.close()
    await Promise.allSettled(this.#active)
    await this.#disconnect(closed)
  }

  #end(): void {
    this.#stop.abort(new NamedError('CANCELLED', 'The process stops; the work is released.'))
    for (const timer of this.#timers) clearTimeout(timer)
  }

  // Without the server there is nobody to say goodbye to, and waiting for it would use up the grace period.
  async #disconnect(closed: Promise<void> | undefined): Promise<void> {
    const late = () => new NamedError('QUEUE_UNREACHABLE', 'The queue did not take the farewell in time.')
    await within(CLOSE_MS, closed ?? Promise.resolve(), late).catch(() =>
      within(CLOSE_MS, this.#worker?.disconnect() ?? Promise.resolve(), late).catch(() => {}),
    )
  }

  #launch(): void {
    const { concurrency, lockMs, stalledCheckMs, retryMs } = this.#options
    const settings: WorkerSettings = {
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      drainDelay: 5,
      runRetryDelay: retryMs,
    }
    const worker = this.#context.backend.newWorker(this.#process, settings)
    this.#worker = worker
    worker.on('error', error => this.#onError(worker, error))
    // BullMQ remembers a failed first connection for ever, so such a worker is replaced.
    worker.waitUntilReady().catch((error: unknown) => {
      if (this.#stop.signal.aborted || worker !== this.#worker) return
      this.#report(error)
      worker.close(true).catch(() => {})
      this.#worker = undefined
      this.#after(this.#options.retryMs, () => this.#launch())
    })
  }

  readonly #process: Processor<unknown, void> = async job => {
    const work = this.#handle(job.data)
    this.#active.add(work)
    await work.finally(() => this.#active.delete(work))
  }

  // Never rejects: the ledger keeps what failed and decides on a retry, and the queue is not to store errors' texts.
  async #handle(data: unknown): Promise<void> {
    const { logger } = this.#context
    this.#begun += 1
    this.#options.onAlive()
    let wakeUp: WakeUp
    try {
      wakeUp = readWakeUp(data)
    } catch (error) {
      logger.error({ err: error }, 'a queued job was refused and dropped')
      return
    }
    try {
      await this.#handler(wakeUp, this.#stop.signal)
      this.#options.onAlive()
    } catch (error) {
      logger.error({ err: error, wakeUp }, 'a queued job failed')
    }
  }

  #onError(worker: BullWorker, error: Error): void {
    if (this.#stop.signal.aborted) return
    this.#report(error)
    this.#context.backend.repair(error).catch(() => {})
    // BullMQ asks again at once after an error of the database itself, so the worker rests instead of spinning.
    if (this.#isPaused || !/^[0-9A-Z]{5}$/.test(codeOf(error))) return
    this.#isPaused = true
    worker.pause(true).catch(() => {})
    this.#after(this.#options.retryMs, () => {
      this.#isPaused = false
      worker.resume()
    })
  }

  #report(error: unknown): void {
    const now = performance.now()
    if (now < this.#quietUntil) {
      this.#unlogged += 1
      return
    }
    this.#quietUntil = now + QUIET_LOG_MS
    this.#context.logger.warn(
      { err: this.#context.backend.problem(error), code: codeOf(error), unlogged: this.#unlogged },
      'the queue has a problem; the worker goes on by itself',
    )
    this.#unlogged = 0
  }

  // A worker that is connected but no longer consumes is the failure that mere reachability would miss.
  async #probe(): Promise<void> {
    try {
      const waiting = await this.#context.countWaiting()
      const isBusy = this.#active.size >= this.#options.concurrency
      if (waiting === 0 || isBusy || this.#begun > this.#begunAtProbe) this.#options.onAlive()
    } catch (error) {
      this.#report(error)
    }
    this.#begunAtProbe = this.#begun
    this.#after(this.#options.probeMs, () => this.#probe())
  }

  #after(ms: number, run: () => void | Promise<void>): void {
    if (this.#stop.signal.aborted) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void run()
    }, ms)
    this.#timers.add(timer)
  }
}
