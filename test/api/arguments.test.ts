import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seedAccount } from '../support/seed.js'
import { DAY, envelope, FIRST, openWorld, SECRET, seedEmptyWindow, urlOf, type World } from './world.js'

let world: World

beforeAll(async () => {
  world = await openWorld()
  await seedAccount(world.database.pool, FIRST)
  await seedEmptyWindow(world, FIRST)
})
afterAll(() => world.close())

describe('arguments', () => {
  const { start_date, end_date } = DAY
  it.each([
    ['no dates', {}, 'OE0216', ['start_date']],
    ['no end', { start_date }, 'OE0216', ['end_date']],
    ['an empty start', { ...DAY, start_date: '' }, 'OE0216', ['start_date']],
    ['a missing date before all else', { end_date, step: 'x', bad: 1 }, 'OE0216', ['start_date']],
    ['a date that is no number', { ...DAY, start_date: 'yesterday' }, 'OE0217', ['start_date']],
    ['a hexadecimal date', { ...DAY, start_date: '0x10' }, 'OE0217', ['start_date']],
    ['a date given twice', { ...DAY, start_date: ['1', '2'] }, 'OE0217', ['start_date']],
    ['a fractional date', { ...DAY, start_date: '1.5' }, 'OE0223', ['start_date']],
    ['an exponent', { ...DAY, end_date: '1e9' }, 'OE0223', ['end_date']],
    ['a negative date', { ...DAY, start_date: -1 }, 'OE0224', ['start_date', 0, 253402300799]],
    ['the year 10000', { ...DAY, end_date: 253402300800 }, 'OE0224', ['end_date', 0, 253402300799]],
    [
      'an end before the start',
      { start_date: end_date, end_date: start_date },
      'OE0446',
      ['end_date', 'start_date'],
    ],
    ['more than 400 days', { start_date, end_date: start_date + 400 * 86_400 + 1 }, 'OE0515', []],
    ['an unknown breakdown', { ...DAY, breakdown_by: 'planet' }, 'OE0217', ['breakdown_by']],
    ['three breakdowns', { ...DAY, breakdown_by: ['node', 'pod', 'namespace'] }, 'OE0217', ['breakdown_by']],
    ['a label without a name', { ...DAY, breakdown_by: 'label:' }, 'OE0217', ['breakdown_by']],
    ['a label as Kubernetes writes it', { ...DAY, breakdown_by: 'label:a/b-c' }, 'OE0217', ['breakdown_by']],
    ['a label with a line break', { ...DAY, breakdown_by: 'label:team\n' }, 'OE0217', ['breakdown_by']],
    ['an endless label', { ...DAY, breakdown_by: `label:${'x'.repeat(401)}` }, 'OE0217', ['breakdown_by']],
    ['three labels', { ...DAY, breakdown_by: ['label:a', 'label:b', 'label:c'] }, 'OE0217', ['breakdown_by']],
    ['a label filter without a name', { ...DAY, 'label.': 'x' }, 'OE0217', ['label.']],
    ['a label filter that is no name', { ...DAY, "label.a'b": 'x' }, 'OE0217', ["label.a'b"]],
    ['an empty label filter', { ...DAY, 'label.a': '' }, 'OE0217', ['label.a']],
    ['a null character in a label', { ...DAY, 'label.a': '\0' }, 'OE0217', ['label.a']],
    [
      'more labels than ten',
      { ...DAY, ...Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`label.l${i}`, 'x'])) },
      'OE0217',
      ['label.<name>'],
    ],
    ['an unknown step', { ...DAY, step: 'year' }, 'OE0217', ['step']],
    ['an empty step', { ...DAY, step: '' }, 'OE0217', ['step']],
    ['an unknown idle', { ...DAY, idle: 'shared' }, 'OE0217', ['idle']],
    ['an unknown sort', { ...DAY, sort: 'total_cost; drop table x' }, 'OE0217', ['sort']],
    ['an unknown order', { ...DAY, order: 'up' }, 'OE0217', ['order']],
    ['no limit at all', { ...DAY, limit: 0 }, 'OE0224', ['limit', 1, 1000]],
    ['a limit too high', { ...DAY, limit: 1e9 }, 'OE0224', ['limit', 1, 1000]],
    ['a limit that is no number', { ...DAY, limit: 'all' }, 'OE0217', ['limit']],
    ['a garbage cursor', { ...DAY, cursor: 'AAAA' }, 'OE0217', ['cursor']],
    ['an empty cursor', { ...DAY, cursor: '' }, 'OE0217', ['cursor']],
    ['a null character', { ...DAY, k8s_namespace: 'a\0b' }, 'OE0217', ['k8s_namespace']],
    ['an empty filter', { ...DAY, k8s_node: '' }, 'OE0217', ['k8s_node']],
    ['unknown names', { ...DAY, b: 1, a: 2 }, 'OE0212', ['b, a']],
    ['a parameter of another route', { ...DAY, profile: 'safe' }, 'OE0212', ['profile']],
    [
      'prototype pollution',
      { ...DAY, constructor: 1, 'a[__proto__]': 1 },
      'OE0212',
      ['constructor, a[__proto__]'],
    ],
  ])('are refused for %s', async (_what, query, code, params) => {
    const response = await world.ask(FIRST, query as Record<string, string>)
    expect(response.json()).toEqual(envelope(code, 400, params))
    expect(response.statusCode).toBe(400)
  })

  it('may name __proto__ and change nothing', async () => {
    const response = await world.app.inject({
      url: `${urlOf(FIRST)}?start_date=${start_date}&end_date=${end_date}&__proto__=1`,
      headers: { secret: SECRET },
    })
    expect(response.json()).toEqual(envelope('OE0212', 400, ['__proto__']))
    expect(({} as Record<string, unknown>)['1']).toBeUndefined()
  })

  it('may have an end equal to the start and 400 days', async () => {
    expect((await world.ask(FIRST, { start_date, end_date: start_date })).statusCode).toBe(200)
    expect((await world.ask(FIRST, { start_date, end_date: start_date + 400 * 86_400 })).statusCode).toBe(200)
  })

  it('are named with what was seen and what is allowed', async () => {
    const { reason } = (await world.ask(FIRST, { ...DAY, step: 'year' })).json().error
    expect(reason).toBe('Invalid step: "year" is not one of all, hour, day, week, month')
    const missing = (await world.ask(FIRST, {})).json().error.reason
    expect(missing).toBe('start_date is not provided')
  })

  const hostile = [
    "' or 1=1 --",
    '"; drop table warehouse.cluster; --',
    '%',
    '\\',
    "$1'",
    '/*',
    '😀',
    '\u202e',
    '`',
    '\n',
  ]
  it.each(['breakdown_by', 'step', 'idle', 'sort', 'order', 'limit', 'cursor', 'start_date', 'end_date'])(
    'cannot smuggle SQL through %s',
    async name => {
      for (const value of hostile) {
        expect((await world.ask(FIRST, { ...DAY, [name]: value })).statusCode).toBe(400)
      }
    },
  )
  it('cannot smuggle SQL through the name of a label', async () => {
    for (const value of hostile) {
      expect((await world.ask(FIRST, { ...DAY, breakdown_by: `label:${value}` })).statusCode).toBe(400)
      expect((await world.ask(FIRST, { ...DAY, [`label.${value}`]: 'x' })).statusCode).toBe(400)
    }
  })
  it.each(['k8s_cluster', 'k8s_namespace', 'k8s_node', 'label.team', 'label.__proto__'])(
    'are only ever compared in %s',
    async name => {
      for (const value of [...hostile, ...hostile.map(text => `!${text}`)]) {
        const response = await world.ask(FIRST, { ...DAY, [name]: value })
        expect(response.statusCode).toBe(200)
      }
      const { rows } = await world.database.pool.query('select from warehouse.cluster')
      expect(rows).toHaveLength(1)
    },
  )
})
