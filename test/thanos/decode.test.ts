import { describe, expect, it } from 'vitest'
import { NamedError } from '../../src/errors.js'
import { decodeAnswer } from '../../src/thanos/decode.js'
import { LABEL_CAP } from '../../src/thanos/labels.js'
import type { Answer } from '../../src/thanos/types.js'

const TENANT = 'acc-1'
const GRID = { start: 3600, end: 10800, step: 3600 }

function decode(body: unknown, kind: 'range' | 'instant' = 'range'): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const grid = kind === 'range' ? GRID : undefined
  return decodeAnswer(text, text.length, {
    tenantLabel: 'tenant_id',
    tenantId: TENANT,
    grid,
    about: 'account 1',
  })
}

function refused(body: unknown, kind: 'range' | 'instant' = 'range'): string {
  try {
    decode(body, kind)
    return 'accepted'
  } catch (error) {
    return error instanceof NamedError ? error.code : `${error}`
  }
}

function envelope(resultType: string, result: unknown, more: object = {}): object {
  return { status: 'success', data: { resultType, result }, ...more }
}

function series(item: object, labels: object = {}): object {
  return { metric: { tenant_id: TENANT, ...labels }, ...item }
}

const ONE = series({ values: [[3600, '1']] })

describe('the envelope', () => {
  it.each([
    ['nothing', '', 'THANOS_BAD_BODY'],
    ['a cut answer', JSON.stringify(envelope('matrix', [ONE])).slice(0, -9), 'THANOS_BAD_BODY'],
    ['a text after the status was sent', 'error marshaling response', 'THANOS_BAD_BODY'],
    ['bytes after the end', `${JSON.stringify(envelope('matrix', []))}x`, 'THANOS_BAD_BODY'],
    ['a list', '[]', 'THANOS_BAD_BODY'],
    ['a login page', ' <!doctype html><form>', 'THANOS_MISCONFIGURED'],
    ['brackets without end', '['.repeat(3_000_000), 'THANOS_BAD_BODY'],
    ['deep nesting', `{"status":"success","x":${'['.repeat(99)}${']'.repeat(99)}}`, 'THANOS_BAD_BODY'],
    ['no status', { data: {} }, 'THANOS_CONTRACT'],
    ['no data', { status: 'success' }, 'THANOS_CONTRACT'],
    ['no result', { status: 'success', data: { resultType: 'matrix' } }, 'THANOS_CONTRACT'],
    ['a vector for a range', envelope('vector', []), 'THANOS_CONTRACT'],
    ['a scalar', envelope('scalar', [3600, '1']), 'THANOS_CONTRACT'],
    ['a result that is no list', envelope('matrix', {}), 'THANOS_CONTRACT'],
    ['a refused query', { status: 'error', errorType: 'bad_data', error: 'parse error' }, 'THANOS_BAD_QUERY'],
    [
      'a passed limit',
      { status: 'error', errorType: 'execution', error: 'limit 1 violated (got 2)' },
      'THANOS_TOO_MUCH',
    ],
    ['a deadline', { status: 'error', errorType: 'timeout', error: 'query timed out' }, 'THANOS_TIMEOUT'],
    ['an error without a type', { status: 'error', error: 'what' }, 'THANOS_BAD_BODY'],
  ])('%s is refused', (_what, body, code) => {
    expect(refused(body)).toBe(code)
  })

  it('may be empty, may say null for empty, and may have members that nobody knows', () => {
    expect(decode(envelope('matrix', [])).series).toEqual([])
    expect(decode(envelope('matrix', null)).series).toEqual([])
    expect(decode({ ...envelope('matrix', [ONE]), analysis: { name: '' } }).series).toHaveLength(1)
  })

  it('may hold any bracket and quote inside its texts', () => {
    const pod = `\\"${'[{'.repeat(99)}"\\`
    const { series: decoded } = decode(envelope('matrix', [series({ values: [] }, { pod })]))
    expect(decoded[0]?.labels.get('pod')).toBe(pod)
  })

  it('of an instant query is a vector, or a matrix of raw samples off any grid', () => {
    expect(decode(envelope('vector', [series({ value: [5.5, '2'] })]), 'instant').series[0]?.times).toEqual([
      5.5,
    ])
    const raw = decode(envelope('matrix', [series({ values: [[3601.123, '2']] })]), 'instant')
    expect(raw.series[0]).toMatchObject({ times: [3601.123], values: [2] })
    expect(refused(envelope('string', [1, 'x']), 'instant')).toBe('THANOS_CONTRACT')
  })
})

describe('warnings', () => {
  it.each([
    'receive series from x: rpc error',
    'results truncated due to limit',
    'Query not analyzable',
    'info',
  ])('make the answer incomplete unless they come from PromQL: %s', warning => {
    expect(refused(envelope('matrix', [ONE], { warnings: ['PromQL info: x', warning] }))).toBe(
      'THANOS_PARTIAL',
    )
  })

  it('of PromQL are counted and the answer is used', () => {
    const warnings = ['PromQL info: a', 'PromQL warning: b', 'PromQL info: c']
    const { annotations } = decode(envelope('matrix', [ONE], { warnings, infos: ['PromQL info: d'] }))
    expect(annotations).toMatchObject({ info: 3, warning: 1 })
  })

  it('are judged before the tenant and the points', () => {
    const foreign = [{ metric: {}, values: [[3600, '']] }]
    expect(refused(envelope('matrix', foreign, { warnings: ['x'] }))).toBe('THANOS_PARTIAL')
  })
})

describe('the tenant label', () => {
  it.each<[string, object]>([
    ['is another account', { tenant_id: 'acc-2' }],
    ['differs in case', { tenant_id: 'ACC-1' }],
    ['is longer by a NUL', { tenant_id: 'acc-1\0' }],
    ['is missing', {}],
  ])('condemns the whole answer where it %s', (_why, metric) => {
    const body = envelope('matrix', [ONE, { metric, values: [[3600, '']] }])
    expect(refused(body)).toBe('FOREIGN_TENANT')
  })

  it('is looked for among the labels alone', () => {
    const text = JSON.stringify(envelope('matrix', [{ metric: {}, values: [] }]))
    const expected = { tenantLabel: 'constructor', tenantId: 'x', grid: GRID, about: 'x' }
    expect(() => decodeAnswer(text, 0, expected)).toThrow(/constructor/)
  })

  it('of somebody else is counted and not named', () => {
    const body = envelope('matrix', [ONE, { metric: { tenant_id: 'acme-secret' }, values: [] }])
    expect(() => decode(body)).toThrow(/^1 of 2 series/)
    expect(() => decode(body)).not.toThrow(/acme-secret/)
  })
})

describe('values', () => {
  const read = (text: unknown) =>
    decode(envelope('matrix', [series({ values: [[3600, text]] })])).series[0]?.values[0]
  it.each([
    ['NaN', Number.NaN],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.NEGATIVE_INFINITY],
    ['1e-09', 1e-9],
    ['0.000000001', 1e-9],
    ['1.2345678901234569e+23', 1.2345678901234569e23],
    ['5e-324', 5e-324],
    ['-0', -0],
    ['9007199254740992', 2 ** 53],
  ])('%s is read', (text, number) => {
    expect(read(text)).toBe(number)
  })

  it.each(['', ' ', '0x10', '1e999', 'one', '1 ', 1, null, true])('%j is refused, never zero', text => {
    expect(refused(envelope('matrix', [series({ values: [[3600, text]] })]))).toBe('THANOS_CONTRACT')
  })
})

describe('points', () => {
  it.each<[string, unknown]>([
    ['before the start', [[0, '1']]],
    ['after the end', [[14400, '1']]],
    ['off the grid', [[3660, '1']]],
    ['off the grid by a millisecond', [[3600.001, '1']]],
    [
      'twice at one time',
      [
        [3600, '1'],
        [3600, '1'],
      ],
    ],
    [
      'descending',
      [
        [7200, '1'],
        [3600, '1'],
      ],
    ],
    ['without a time', [['3600', '1']]],
    ['of one member', [[3600]]],
    ['that are no pair', ['1']],
  ])('%s are refused', (_what, values) => {
    expect(refused(envelope('matrix', [series({ values })]))).toBe('THANOS_CONTRACT')
  })

  it('off the grid name the likely cause', () => {
    expect(() => decode(envelope('matrix', [series({ values: [[3660, '1']] })]))).toThrow(/query-frontend/)
  })

  it('of native histograms are counted; their series stays, with its floats if it has any', () => {
    const histograms = [[3600, { count: '1', sum: '1', buckets: [[0, '1', '2', '1']] }]]
    const body = envelope('matrix', [
      series({ histograms }),
      series({ histograms, values: [[3600, '1']] }, { pod: 'p' }),
    ])
    const { series: decoded, annotations } = decode(body)
    expect(decoded.map(one => one.values)).toEqual([[], [1]])
    expect(annotations.histograms).toBe(2)
    const instant = decode(envelope('vector', [series({ histogram: histograms[0] })]), 'instant')
    expect(instant.series[0]?.times).toEqual([])
  })

  it('that are missing altogether are refused', () => {
    expect(refused(envelope('matrix', [series({})]))).toBe('THANOS_CONTRACT')
    expect(refused(envelope('vector', [series({})]), 'instant')).toBe('THANOS_CONTRACT')
  })
})

describe('labels', () => {
  it('may have any name, be empty, and hold NUL, which is removed', () => {
    const text = `{"status":"success","data":{"resultType":"matrix","result":[{"metric":
      {"tenant_id":"acc-1","__proto__":"p","a.b":"dot","none":"","nul":"x\\u0000y"},"values":[[3600,"1"]]}]}}`
    const { series: decoded, annotations } = decode(text)
    expect([...(decoded[0]?.labels ?? [])]).toEqual([
      ['tenant_id', TENANT],
      ['__proto__', 'p'],
      ['a.b', 'dot'],
      ['nul', 'xy'],
    ])
    expect(annotations).toMatchObject({ strippedLabels: 1, cutLabels: 0 })
  })

  it('longer than the cap are cut and stay distinct', () => {
    const long = 'x'.repeat(20_000)
    const both = [`${long}1`, `${long}2`].map(pod => series({ values: [[3600, '1']] }, { pod }))
    const { series: decoded, annotations } = decode(envelope('matrix', both))
    const pods = decoded.map(one => one.labels.get('pod') ?? '')
    expect(new Set(pods).size).toBe(2)
    expect(pods.map(pod => pod.length)).toEqual([LABEL_CAP, LABEL_CAP])
    expect(annotations.cutLabels).toBe(2)
  })

  it('are no texts: refused', () => {
    expect(refused(envelope('matrix', [series({ values: [] }, { pod: 1 })]))).toBe('THANOS_CONTRACT')
    expect(refused(envelope('matrix', [{ values: [] }]))).toBe('THANOS_CONTRACT')
  })
})

describe('one label set twice', () => {
  const twin = (value: string) => ({ metric: { pod: 'p', tenant_id: TENANT }, values: [[3600, value]] })
  const turned = (value: string) => ({ metric: { tenant_id: TENANT, pod: 'p' }, values: [[3600, value]] })
  it('is one series where the points agree, in whatever order its labels come', () => {
    const { series: decoded, annotations } = decode(
      envelope('matrix', [twin('NaN'), turned('NaN'), twin('NaN')]),
    )
    expect(decoded).toHaveLength(1)
    expect(annotations.duplicates).toBe(2)
  })

  it('is refused where they do not', () => {
    expect(refused(envelope('matrix', [twin('1'), turned('2')]))).toBe('THANOS_CONTRACT')
  })
})
