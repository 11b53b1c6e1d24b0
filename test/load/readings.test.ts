import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClusterBatch, FactName, RawName, Series } from '../../src/domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../../src/domain/window.js'
import { encodeReadings } from '../../src/load/readings.js'
import { decodeReadings } from '../../src/load/readings-decode.js'
import { BatchBuilder, H } from '../support/batch.js'

const NEXT = (H + HOUR_SECONDS) as Window

/** What a batch says of one of its windows. */
function onlyOf(batch: ClusterBatch, window: Window): ClusterBatch {
  const inWindow = ({ labels, times, values }: Series) => {
    const at = times.indexOf(windowEnd(window))
    return at === -1 ? [] : [{ labels, times: [windowEnd(window)], values: [values[at]] as number[] }]
  }
  return {
    windows: [window],
    facts: new Map([...batch.facts].map(([fact, answers]) => [fact, answers.flatMap(inWindow)])),
    intervals: new Map([[window, batch.intervals.get(window) ?? new Map()]]),
    raw: new Map([[window, batch.raw.get(window) ?? new Map()]]),
    metrics: new Map(),
    mended: batch.mended,
    flagged: batch.flagged,
  }
}

async function decoded(batch: ClusterBatch, window: Window): Promise<ClusterBatch> {
  const bytes = await encodeReadings(batch).get(window)
  if (bytes === undefined) throw new Error('the window was not encoded')
  return decodeReadings(window, bytes)
}

const text = fc.string({ unit: 'binary', maxLength: 40 })
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, 60, 2 ** 53, 2 ** 53 - 1, Number.NaN, Number.POSITIVE_INFINITY, -Infinity),
  fc.nat(),
)
const labels = fc.uniqueArray(fc.tuple(text, text), { maxLength: 8, selector: ([name]) => name })
const points = <T>(time: fc.Arbitrary<T>) =>
  fc.uniqueArray(fc.tuple(time, value), { maxLength: 6, selector: ([at]) => at })
const answers = (time: fc.Arbitrary<number>) =>
  fc.array(
    fc.tuple(labels, points(time)).map(
      ([pairs, list]): Series => ({
        labels: new Map(pairs),
        times: list.map(([at]) => at),
        values: list.map(([, one]) => one),
      }),
    ),
    { maxLength: 6 },
  )
const factNames = fc.constantFrom<FactName>(
  'containerSamples',
  'cpuAllocated',
  'nodeLabels',
  'heartbeat',
  'gpuSeries',
)
const rawNames = fc.constantFrom<RawName>('cpuAllocated', 'networkEgress', 'podClaims')
const rawTime = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: H, max: H + HOUR_SECONDS }),
  fc.integer({ min: 0, max: 3_600_000 }).map(milli => (H * 1000 + milli) / 1000),
)
const map = <K, V>(key: fc.Arbitrary<K>, one: fc.Arbitrary<V>) =>
  fc
    .uniqueArray(fc.tuple(key, one), { maxLength: 4, selector: ([name]) => name })
    .map(pairs => new Map<K, V>(pairs))
const batches: fc.Arbitrary<ClusterBatch> = fc.record({
  windows: fc.constant([H, NEXT]),
  facts: map(
    factNames,
    answers(fc.constantFrom(windowEnd(H), windowEnd(NEXT), windowEnd(NEXT) + HOUR_SECONDS)),
  ),
  intervals: map(fc.constantFrom(H, NEXT), map(text, value)),
  raw: map(fc.constantFrom(H, NEXT), map(rawNames, answers(rawTime))),
  metrics: fc.constant(new Map()),
  mended: map(text, fc.nat()),
  flagged: fc.uniqueArray(text, { maxLength: 3 }).map(list => new Set(list)),
})

describe('readings', () => {
  it('come back as they were, to the last bit, window by window', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async batch => {
        for (const window of batch.windows)
          expect(await decoded(batch, window)).toEqual(onlyOf(batch, window))
      }),
      { numRuns: 300 },
    )
  })

  it('tell a fact that is empty from one that was never asked for', async () => {
    const batch = { ...new BatchBuilder().build(), facts: new Map([['cpuUsedCounter' as const, []]]) }
    expect([...(await decoded(batch, H)).facts.keys()]).toEqual(['cpuUsedCounter'])
  })

  it('are refused where a bit of them is wrong or an end is missing', async () => {
    const bytes = await encodeReadings(new BatchBuilder().node({ name: 'n' }).build()).get(H)
    if (bytes === undefined) throw new Error('not encoded')
    const refused = {
      code: 'TRANSFORM_FAILED',
      message: expect.stringContaining('2026-10-31T13:00Z are damaged'),
    }
    await expect(decodeReadings(H, bytes.subarray(0, bytes.length - 1))).rejects.toMatchObject(refused)
    await expect(decodeReadings(H, Buffer.alloc(0))).rejects.toMatchObject(refused)
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      await expect(decodeReadings(H, damaged)).rejects.toMatchObject(refused)
    }
  })

  it('take fewer than eighty bytes per hour of a container', async () => {
    const { batch, containerHours } = largeBatch()
    const began = performance.now()
    const encoded = encodeReadings(batch)
    const written = performance.now()
    const buffers = await Promise.all(encoded.values())
    const done = performance.now()
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    process.stdout.write(
      `${containerHours} container-hours: ${(bytes / containerHours).toFixed(1)} bytes each, ` +
        `${(written - began).toFixed(0)} ms to write, ${(done - written).toFixed(0)} ms more to compress\n`,
    )
    expect(bytes / containerHours).toBeLessThan(80)
  })
})

/** A day of 2,700 containers whose use never repeats. */
function largeBatch(): { batch: ClusterBatch; containerHours: number } {
  const windows = Array.from({ length: 24 }, (_, at) => (H + at * HOUR_SECONDS) as Window)
  const builder = new BatchBuilder()
  for (let index = 0; index < 2700; index++) {
    builder.container({
      name: 'main',
      node: `ip-10-0-${index % 60}-7.eu-west-1.compute.internal`,
      namespace: `team-${index % 40}`,
      pod: `service-${index % 300}-${((index * 2_654_435_761) % 2 ** 32).toString(36)}-${index.toString(36)}`,
      cpuUse: 0.01,
      ramUse: 0.1,
      cpuRequest: 0.1,
      ramRequest: 0.25,
    })
  }
  const facts = new Map(
    [...builder.facts].map(([fact, list]) => [
      fact,
      list.map((series, at) => ({
        labels: series.labels,
        times: windows.map(windowEnd),
        values: windows.map((_, hour) => varied(fact, series.values[0] ?? 0, at * 31 + hour)),
      })),
    ]),
  )
  return { batch: { ...builder.build(windows), facts }, containerHours: 2700 * windows.length }
}

/** Requests and counts stay; what was used never repeats, memory in whole bytes. */
function varied(fact: FactName, value: number, seed: number): number {
  const noise = 1 + Math.abs(Math.sin(seed * 12.9898)) / 3
  if (fact === 'cpuAllocated' || fact === 'cpuUsedRule') return value * noise
  if (fact === 'ramAllocated' || fact === 'ramUsed') return Math.round((value * noise) / 4096) * 4096
  return value
}
