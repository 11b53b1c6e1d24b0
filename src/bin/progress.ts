import { SingleBar } from 'cli-progress'
import { formatDuration } from './table.js'

export interface Progress {
  /** Tells how much of how much is done. */
  update(done: number, total: number): void
  /** Shows the last state and leaves the line. */
  stop(): void
}

export interface ProgressOptions {
  /** What is counted, `windows`. */
  readonly unit: string
  readonly stream?: NodeJS.WriteStream
  /** Milliseconds between lines where there is no terminal; 5,000 unless told. */
  readonly everyMs?: number
  /** Monotonic milliseconds. */
  readonly clock?: () => number
}

/** Progress with rate and time left: a bar on a terminal, elsewhere a line every few seconds, on stderr. */
export function createProgress({
  unit,
  stream = process.stderr,
  everyMs = 5_000,
  clock = () => performance.now(),
}: ProgressOptions): Progress {
  const begun = clock()
  // What is there at once was done before, and says nothing of the pace.
  let before: number | undefined
  const describe = (done: number, total: number) => {
    const seconds = (clock() - begun) / 1000
    before ??= seconds < AT_ONCE_SECONDS ? done : 0
    return paceOf(done, total, done - before, seconds)
  }
  return stream.isTTY
    ? createBar(unit, stream, describe)
    : createLines(unit, stream, everyMs, clock, describe)
}

const AT_ONCE_SECONDS = 1

type Describe = (done: number, total: number) => string

function createBar(unit: string, stream: NodeJS.WriteStream, describe: Describe): Progress {
  const bar = new SingleBar({
    format: `{bar} {percentage}%  {value} of {total} ${unit}  {pace}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    stream,
  })
  let isStarted = false
  return {
    update: (done, total) => {
      const payload = { pace: describe(done, total) }
      if (!isStarted) bar.start(total, done, payload)
      isStarted = true
      bar.setTotal(total)
      bar.update(done, payload)
    },
    stop: () => bar.stop(),
  }
}

function createLines(
  unit: string,
  stream: NodeJS.WritableStream,
  everyMs: number,
  clock: () => number,
  describe: Describe,
): Progress {
  let last: { done: number; total: number } | undefined
  let shown: typeof last
  let shownAt = Number.NEGATIVE_INFINITY
  const show = () => {
    if (last === undefined || last === shown) return
    const { done, total } = last
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total)
    stream.write(`${done} of ${total} ${unit} (${percent}%)  ${describe(done, total)}\n`)
    shown = last
    shownAt = clock()
  }
  return {
    update: (done, total) => {
      last = { done, total }
      if (clock() - shownAt >= everyMs) show()
    },
    stop: show,
  }
}

function paceOf(done: number, total: number, gained: number, seconds: number): string {
  if (done >= total && gained <= 0) return 'all there'
  if (gained <= 0 || seconds <= 0) return 'beginning'
  const rate = gained / seconds
  const pace = `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)}/s`
  return done >= total
    ? `${pace}, took ${formatDuration(seconds)}`
    : `${pace}, ${formatDuration((total - done) / rate)} left`
}
