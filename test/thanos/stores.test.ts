import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { announcedSets, decodeStores, GAP_SECONDS, missingSets } from '../../src/thanos/stores.js'
import type { AnnouncedStore } from '../../src/thanos/types.js'
import { readRecordings, stores as stubStores } from '../support/thanos-stub.js'

const A = '5e1f0c1e-0000-4000-8000-00000000000a'
const HOUR = 3600
const START = 1790640000
const OPEN = Number.POSITIVE_INFINITY

function recorded(name: string, server = 'querier'): AnnouncedStore[] {
  const found = readRecordings('stores').find(one => one.name === `${name}, stores` && one.server === server)
  return decodeStores(found?.response.body ?? '', 'x')
}

function setOf(replica: string, tenant = A): string {
  return JSON.stringify([
    ['receive_replica', replica],
    ['tenant_id', tenant],
  ])
}

function store(minTime: number, maxTime: number, more: Partial<AnnouncedStore> = {}): AnnouncedStore {
  const labelSets = [new Map([['tenant_id', A]])]
  return { component: 'receive', isHealthy: true, labelSets, minTime, maxTime, ...more }
}

const ONLY = JSON.stringify([['tenant_id', A]])
const announced = (...list: AnnouncedStore[]) => announcedSets(list, 'tenant_id', A)

describe('the list of stores', () => {
  it('is read without addresses, in seconds, an open end being infinite', () => {
    const body = `${
      stubStores([
        { labelSets: [{ tenant_id: A }], minTime: START },
        { component: 'store', labelSets: [], lastError: 'down', minTime: START, maxTime: START + HOUR },
      ]).body
    }`
    expect(decodeStores(body, 'x')).toEqual([
      store(START, OPEN),
      { component: 'store', isHealthy: false, labelSets: [], minTime: START, maxTime: START + HOUR },
    ])
    expect(JSON.stringify(decodeStores(body, 'x'))).not.toContain('10901')
  })

  it('may be empty', () => {
    expect(decodeStores('{"status":"success","data":{}}', 'x')).toEqual([])
    expect(decodeStores('{"status":"success","data":{"receive":null}}', 'x')).toEqual([])
  })

  it.each([
    '[]',
    '{"receive":{}}',
    '{"receive":[1]}',
    '{"receive":[{"minTime":0}]}',
    '{"receive":[{"minTime":0,"maxTime":1,"labelSets":[{"a":1}]}]}',
    '{"receive":[{"minTime":0,"maxTime":1,"labelSets":{}}]}',
  ])('of another shape is refused: %s', data => {
    expect(() => decodeStores(`{"status":"success","data":${data}}`, 'x')).toThrow(/./)
  })
})

describe('the sets that announce an account', () => {
  it('are those of both stores of the recorded estate', () => {
    expect(announced(...recorded('both stores up'))).toEqual(
      ['thanos-receive-0', 'thanos-receive-1'].map(replica => ({
        labelSet: setOf(replica),
        component: 'receive',
        intervals: [[1790636407, OPEN]],
        minTime: 1790636407,
      })),
    )
  })

  it('are none where no store knows the account', () => {
    expect(announcedSets(recorded('both stores up'), 'tenant_id', 'nobody')).toEqual([])
  })

  it('keep a store in error, without anything covered', () => {
    const [, second] = announced(...recorded('one store dead for 14 s'))
    expect(second).toMatchObject({ labelSet: setOf('thanos-receive-1'), intervals: [], minTime: 1790636407 })
  })

  it('of a receiver and a gateway with the same labels are one, covered by both', () => {
    const gateway = store(START, START + 2 * HOUR, { component: 'store' })
    expect(announced(store(START + 2 * HOUR + 30, OPEN), gateway)).toEqual([
      { labelSet: ONLY, component: 'receive,store', intervals: [[START, OPEN]], minTime: START },
    ])
  })

  it('of an empty store cover nothing', () => {
    expect(announced(store(OPEN, OPEN))).toMatchObject([{ intervals: [], minTime: OPEN }])
    expect(announced(store(OPEN, -OPEN))).toMatchObject([{ intervals: [] }])
  })
})

describe('the store guard', () => {
  const healthy = announced(...recorded('both stores up'))
  const start = 1790643600
  const end = start + HOUR

  it.each([
    ['both stores up', 'querier', []],
    ['one store killed 0.3 s ago', 'querier', []],
    ['one store dead for 14 s', 'querier', ['thanos-receive-1']],
    ['one store frozen for 20 s', 'querier', ['thanos-receive-1']],
    ['one store dead for more than five minutes: gone from the list', 'querier', ['thanos-receive-1']],
    [
      'one store dead for more than five minutes: gone from the list',
      'querier, --endpoint-strict',
      ['thanos-receive-1'],
    ],
    ['no store answers', 'querier', ['thanos-receive-0', 'thanos-receive-1']],
    ['no store answers', 'querier, --endpoint-strict', ['thanos-receive-0', 'thanos-receive-1']],
  ])('%s (%s): %j missing', (name, server, replicas) => {
    const now = announced(...recorded(name, server))
    expect(missingSets(healthy, now, start, end)).toEqual(replicas.map(replica => setOf(replica)))
  })

  it('needs no record of a set that is announced in error', () => {
    const now = announced(...recorded('one store dead for 14 s'))
    expect(missingSets([], now, start, end)).toEqual([setOf('thanos-receive-1')])
  })

  it('does not ask a set for windows before its first data', () => {
    const young = announced(store(end + 60, OPEN, { isHealthy: false }))
    expect(missingSets(young, young, start, end)).toEqual([])
    expect(missingSets([{ labelSet: ONLY, minTime: end }], [], start, end)).toEqual([])
    expect(missingSets([{ labelSet: ONLY, minTime: end - 1 }], [], start, end)).toEqual([ONLY])
  })

  it('asks a set that began midway for the rest of the window alone', () => {
    const midway = announced(store(start + 1800, OPEN))
    expect(missingSets([], midway, start, end)).toEqual([])
    expect(missingSets([{ labelSet: ONLY, minTime: start }], midway, start, end)).toEqual([ONLY])
  })

  it('takes uploaded blocks for a receiver that is gone, up to where they end', () => {
    const gateway = announced(store(START, end, { component: 'store' }))
    expect(missingSets([{ labelSet: ONLY, minTime: START }], gateway, start, end)).toEqual([])
    expect(missingSets([{ labelSet: ONLY, minTime: START }], gateway, end, end + HOUR)).toEqual([ONLY])
  })

  it('bears the scrape or two between two stores that follow on each other, and no more', () => {
    const pair = (gap: number) => announced(store(START, start + 600), store(start + 600 + gap, OPEN))
    expect(missingSets([], pair(GAP_SECONDS), start, end)).toEqual([])
    expect(missingSets([], pair(GAP_SECONDS + 1), start, end)).toEqual([ONLY])
  })

  it('says the same whatever the order and the cutting of the intervals', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 })
    fc.assert(
      fc.property(cuts, fc.integer({ min: 0, max: 6 }), (at, drop) => {
        const bounds = [0, ...at.sort((a, b) => a - b), 100].map(hundredth => START + hundredth * HOUR)
        const parts = bounds.slice(1).map((to, index) => store(bounds[index] ?? START, to))
        const kept = parts.filter((_part, index) => index !== drop)
        const whole = kept.length === parts.length
        const now = announced(...kept.reverse())
        const required = [{ labelSet: ONLY, minTime: START }]
        expect(missingSets(required, now, START, START + 100 * HOUR)).toEqual(whole ? [] : [ONLY])
      }),
    )
  })
})
