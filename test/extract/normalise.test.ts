import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Series } from '../../src/domain/samples.js'
import { type NormaliseRule, normalise } from '../../src/extract/normalise.js'

const LEVEL: NormaliseRule = { merge: 'max', isPerContainer: false }
const SUM: NormaliseRule = { merge: 'sum', isPerContainer: false }
const CONTAINERS: NormaliseRule = { merge: 'sum', isPerContainer: true }

function series(
  labels: Record<string, string>,
  points: readonly (readonly [number, number])[] = [[3600, 1]],
) {
  return {
    labels: new Map(Object.entries(labels)),
    times: points.map(([time]) => time),
    values: points.map(([, value]) => value),
  } satisfies Series
}

/** The labels of what comes out, and what was counted. */
function mend(given: readonly Series[], rule = LEVEL) {
  const mended = new Map<string, number>()
  const result = normalise(given, rule, mended)
  return {
    labels: result.map(one => Object.fromEntries(one.labels)),
    points: result.map(one => one.times.map((time, i) => [time, one.values[i]])),
    mended: Object.fromEntries(mended),
  }
}

const SELF = { job: 'k', namespace: 'kubecost', pod: 'cost-0', container: 'cost-model', node: 'n9' }

describe('an answer in which nothing is wrong', () => {
  test('comes back as the very object, with nothing counted', () => {
    const given = [series({ namespace: 'shop', pod: 'web-1', container: 'web', node: 'n1', label_a: 'x' })]
    const mended = new Map<string, number>()
    expect(normalise(given, CONTAINERS, mended)).toBe(given)
    expect(mended.size).toBe(0)
  })

  test('is not touched for emoji, nor for 256 units', () => {
    const given = [series({ pod: '🚀'.repeat(128) })]
    expect(normalise(given, LEVEL, new Map())).toBe(given)
  })

  test('keeps its series apart where nothing has to be renamed, even two of one name', () => {
    const given = [series({ pod: 'a' }, [[3600, 1]]), series({ pod: 'a' }, [[7200, 2]])]
    expect(normalise(given, SUM, new Map())).toBe(given)
  })
})

describe('labels that a scrape renamed', () => {
  test('take the place of those of the exporter, each counted', () => {
    const given = series({
      ...SELF,
      instance: '10.0.0.1:9003',
      service: 'cost',
      exported_namespace: 'shop',
      exported_pod: 'web-1',
      exported_container: 'web',
      exported_node: 'n1',
      exported_instance: 'n1',
      exported_service: 'front',
    })
    expect(mend([given])).toEqual({
      labels: [
        {
          job: 'k',
          namespace: 'shop',
          pod: 'web-1',
          container: 'web',
          node: 'n1',
          instance: 'n1',
          service: 'front',
        },
      ],
      points: [[[3600, 1]]],
      mended: { exported_labels: 6 },
    })
  })

  test('that are empty count for nothing and go', () => {
    expect(mend([series({ namespace: 'shop', exported_namespace: '' })])).toMatchObject({
      labels: [{ namespace: 'shop' }],
      mended: {},
    })
  })

  test('and were not set for one series leave nothing of the exporter there: a waiting pod has no node', () => {
    const running = series({ ...SELF, exported_pod: 'web-1', exported_node: 'n1' })
    const waiting = series({ ...SELF, exported_pod: 'web-2' })
    expect(mend([running, waiting]).labels).toEqual([
      { job: 'k', namespace: 'kubecost', pod: 'web-1', container: 'cost-model', node: 'n1' },
      { job: 'k', namespace: 'kubecost', pod: 'web-2', container: 'cost-model' },
    ])
  })

  test('of one job say nothing about another, nor about series that have none of them', () => {
    const renamed = series({ ...SELF, exported_pod: 'web-1', exported_node: 'n1' })
    const honest = series({ job: 'other', exported_pod: 'db-1', pod: 'exporter', node: 'n2' })
    const plain = series({ job: 'k', pod: 'api-1', node: 'n3' })
    expect(mend([renamed, honest, plain]).labels.slice(1)).toEqual([
      { job: 'other', pod: 'db-1', node: 'n2' },
      { job: 'k', pod: 'api-1', node: 'n3' },
    ])
  })

  test('make series equal that were told apart by the exporter only: sums add up', () => {
    const from = (pod: string, points: [number, number][]) =>
      series({ job: 'k', pod, exported_pod: 'web-1' }, points)
    const replicas = [
      from('cost-0', [
        [3600, 10],
        [7200, 20],
      ]),
      from('cost-1', [
        [7200, 5],
        [10800, 7],
      ]),
    ]
    expect(mend(replicas, SUM)).toMatchObject({
      labels: [{ job: 'k', pod: 'web-1' }],
      points: [
        [
          [3600, 10],
          [7200, 25],
          [10800, 7],
        ],
      ],
    })
  })

  test('make levels equal: the highest counts, whatever the order, and no number is no level', () => {
    const from = (pod: string, value: number) =>
      series({ job: 'k', pod, exported_pod: 'web-1' }, [[3600, value]])
    for (const values of [
      [2, 3, Number.NaN],
      [Number.NaN, 3, 2],
      [3, Number.NaN, 2],
    ]) {
      const given = values.map((value, i) => from(`cost-${i}`, value))
      expect(mend(given).points).toEqual([[[3600, 3]]])
    }
    expect(mend([from('a', 2), from('b', Number.NaN)], SUM).points).toEqual([[[3600, Number.NaN]]])
  })
})

describe('series of no container', () => {
  const app = series({ ...SELF, exported_pod: 'web-1', exported_container: 'web' })

  test('are left out of facts about containers: pause containers and roll-ups that a scrape renamed', () => {
    const pause = series({ ...SELF, exported_pod: 'web-1', exported_container: 'POD' })
    const rollUp = series({ ...SELF, exported_pod: 'web-1' })
    expect(mend([app, pause, rollUp], CONTAINERS).labels).toEqual([
      { job: 'k', namespace: 'kubecost', pod: 'web-1', container: 'web', node: 'n9' },
    ])
  })

  test('stay in facts about something else', () => {
    expect(mend([series({ pod: 'web-1', owner_kind: 'ReplicaSet' })]).labels).toHaveLength(1)
  })
})

describe('values that are too long for an index', () => {
  const long = (end: string) => `${'x'.repeat(300)}${end}`

  test('are cut to 256 units and stay distinct by a digest', () => {
    const { labels, mended } = mend([series({ pod: long('a') }), series({ pod: long('b') })])
    const pods = labels.map(({ pod }) => pod)
    expect(new Set(pods).size).toBe(2)
    for (const pod of pods) expect(pod).toMatch(/^x{239}~[0-9a-f]{16}$/)
    expect(mended).toEqual({ name_shortened: 2 })
  })

  test('are cut the same every time, and never through a pair', () => {
    const pod = `${'x'.repeat(238)}${'🚀'.repeat(20)}`
    const [first, second] = [1, 2].map(() => mend([series({ pod })]).labels[0]?.pod)
    expect(first).toBe(second)
    expect(first).toMatch(/^x{238}~[0-9a-f]{16}$/)
  })

  test('are kept whole in label_*, which is no part of an identity', () => {
    const given = [series({ pod: 'web', label_note: long('') })]
    expect(normalise(given, LEVEL, new Map())).toBe(given)
  })
})

describe('characters that a database refuses', () => {
  test('become U+FFFD in names and values, label_* too, each counted', () => {
    const { labels, mended } = mend([
      series({ pod: 'a\0b', node: 'n\ud83d', namespace: '\ude80🚀', label_x: '\0', 'label_\0': 'y' }),
    ])
    expect(labels).toEqual([
      { pod: 'a\ufffdb', node: 'n\ufffd', namespace: '\ufffd🚀', label_x: '\ufffd', 'label_\ufffd': 'y' },
    ])
    expect(mended).toEqual({ character_replaced: 5 })
  })

  test('make series equal, which are then merged', () => {
    const given = [series({ pod: 'a\0' }, [[3600, 1]]), series({ pod: 'a\ud800' }, [[3600, 4]])]
    expect(mend(given, SUM)).toMatchObject({ labels: [{ pod: 'a\ufffd' }], points: [[[3600, 5]]] })
  })
})

test('whatever comes, what goes out is fit to be stored, and nothing of a sum is lost', () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 })
  const any = fc.record({
    pod: text,
    exported_pod: text,
    node: text,
    label_a: text,
    job: fc.constantFrom('a', 'b'),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), all => {
      const given = all.map((labels, i) => series(labels, [[3600, i]]))
      const result = normalise(given, SUM, new Map())
      const keys = result.map(one => JSON.stringify([...one.labels].sort()))
      for (const { labels } of result) {
        for (const [name, value] of labels) {
          expect(name).not.toMatch(/^exported_/)
          expect(Buffer.from(value).toString()).toBe(value)
          expect(value).not.toContain('\0')
          if (name !== 'label_a') expect(value.length).toBeLessThanOrEqual(256)
        }
      }
      if (result !== given) expect(new Set(keys).size).toBe(keys.length)
      const total = (list: readonly Series[]) =>
        list.flatMap(one => one.values).reduce((sum, value) => sum + value, 0)
      expect(total(result)).toBe(total(given))
    }),
  )
})
