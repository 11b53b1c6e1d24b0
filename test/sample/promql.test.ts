import { describe, expect, it } from 'vitest'
import { PromqlEngine, type QueryResult } from '../../src/sample/promql.js'
import { CURRENT_ENGINE } from '../../src/sample/promql-fold.js'
import type { SeriesModel } from '../../src/sample/series.js'
import { SeriesStore } from '../../src/sample/store.js'

const H = 1_790_640_000
const NOW = H + 86_400

function series(
  labels: Record<string, string>,
  value: number | ((t: number) => number),
  from = H,
  to = H + 7200,
  endsUnmarked = false,
): SeriesModel {
  return {
    labels: new Map(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
    interval: 60,
    offset: 0,
    segments: [{ from, to, value, endsUnmarked }],
  }
}

const store = new SeriesStore([
  series({ __name__: 'm', pod: 'a', team: 'x' }, 2),
  series({ __name__: 'm', pod: 'b"\\\n🙂' }, t => (t - H) / 60),
  series({ __name__: 'short', pod: 'a' }, 5, H + 600, H + 1200),
  series({ __name__: 'cut', pod: 'a' }, 5, H + 600, H + 1200, true),
  series({ __name__: 'odd', pod: 'nan' }, t => (t < H + 1800 ? Number.NaN : 4)),
  series({ __name__: 'c_total', pod: 'a' }, t => (t < H + 1800 ? (t - H) * 2 : t - H - 1800)),
])
const engine = new PromqlEngine(store)

function values(result: QueryResult): number[] {
  if (result.type === 'scalar') return [result.point.value]
  return result.series.flatMap(one => one.points.map(point => point.value))
}

function ask(query: string, time = H + 3600, now = NOW): number[] {
  return values(engine.instant(query, time * 1000, now))
}

describe('the sample engine', () => {
  it('reads [1h] offset 1ms at H+1h as the window [H, H+1h), whatever the edge rule', () => {
    const older = new PromqlEngine(store, { ...CURRENT_ENGINE, isLeftOpen: false })
    for (const one of [engine, older]) {
      expect(
        values(one.instant('count_over_time(m{pod="a"}[1h] offset 1ms)', (H + 3600) * 1000, NOW)),
      ).toEqual([60])
      expect(
        values(one.instant('max_over_time(m{pod!="a"}[1h] offset 1ms)', (H + 3600) * 1000, NOW)),
      ).toEqual([59])
    }
  })

  it('leaves out the sample at the start of a plain range, where an older engine counts both edges', () => {
    const older = new PromqlEngine(store, { ...CURRENT_ENGINE, isLeftOpen: false })
    expect(ask('count_over_time(m{pod="a"}[1h])')).toEqual([60])
    expect(values(older.instant('count_over_time(m{pod="a"}[1h])', (H + 3600) * 1000, NOW))).toEqual([61])
    expect(ask('count_over_time(vector(1)[1m:1m])')).toEqual([1])
    expect(values(older.instant('count_over_time(vector(1)[1m:1m])', (H + 3600) * 1000, NOW))).toEqual([2])
  })

  it('looks back five minutes unless the series was marked stale', () => {
    expect(ask('short', H + 1140)).toEqual([5])
    expect(ask('short', H + 1200)).toEqual([])
    expect(ask('cut', H + 1400)).toEqual([5])
    expect(ask('timestamp(cut)', H + 1400)).toEqual([H + 1140])
    expect(ask('cut', H + 1440)).toEqual([])
  })

  it('lets NaN spoil sums and means, and a subquery that compares drop it', () => {
    expect(ask('sum_over_time(odd[1h] offset 1ms)')).toEqual([Number.NaN])
    expect(ask('avg_over_time((odd >= 0)[1h:1m] offset 1ms)')).toEqual([4])
    expect(ask('max_over_time(odd[1h])')).toEqual([4])
    expect(ask('count_over_time(odd[1h] offset 1ms)')).toEqual([60])
  })

  it('adds what a reset took from a counter and stretches the rise to the edges', () => {
    // 29 minutes at 2/s, 29 minutes at 1/s, and a reset in between that leaves its own minute uncounted.
    const seen = 29 * 120 + 29 * 60
    expect(ask('increase(c_total[1h] offset 1ms)')[0]).toBeCloseTo((seen * (59 * 60 + 59.999)) / (59 * 60), 9)
    expect(ask('increase(c_total[30s])')).toEqual([])
  })

  it('takes the slope of the line that comes nearest to all samples, per second', () => {
    const about = (query: string, time: number) => ask(query, time)[0]
    expect(about('deriv(m{team=""}[5m])', H + 3600)).toBeCloseTo(1 / 60, 12)
    expect(ask('deriv(m{team="x"}[5m])')).toEqual([0])
    // By hand: -2..2 minutes times -4, 6, 16, -14, -4 from the mean make -20, over the 10 of the squared minutes.
    const dented = new SeriesStore([
      series({ __name__: 'd' }, t => ({ 0: 10, 1: 20, 2: 30, 3: 0, 4: 10 })[(t - H) / 60] ?? Number.NaN),
    ])
    const slope = new PromqlEngine(dented).instant('deriv(d[5m])', (H + 240) * 1000, NOW)
    expect(values(slope)[0]).toBeCloseTo(-2 / 60, 12)
    expect(ask('deriv(odd[5m])', H + 1200)).toEqual([Number.NaN])
  })

  it('takes no slope of a single sample, and adds nothing for the time before the first one', () => {
    expect(ask('deriv(short[5m])', H + 600)).toEqual([])
    const born = new SeriesStore([series({ __name__: 'c' }, t => (t - H - 600) * 3, H + 600)])
    const early = (query: string) => values(new PromqlEngine(born).instant(query, (H + 780) * 1000, NOW))
    expect(early('deriv(c[5m])')[0]).toBeCloseTo(3, 12)
    expect(early('deriv(c[5m] offset 1ms)')[0]).toBeCloseTo(3, 12)
  })

  it('never answers what is later than now', () => {
    expect(ask('count_over_time(m{pod="a"}[1h])', H + 3600, H + 1800)).toEqual([30])
    expect(ask('m{pod="a"}', H + 3600, H + 1800)).toEqual([])
    expect(ask('m{pod="a"}', H + 1900, H + 1800)).toEqual([2])
  })

  it('answers raw samples with their own times for a range selector', () => {
    const result = engine.instant('short[10m]', (H + 1230) * 1000, NOW)
    if (result.type !== 'matrix') throw new Error(result.type)
    expect(result.series[0]?.points.map(point => point.t / 1000 - H)).toEqual([
      660, 720, 780, 840, 900, 960, 1020, 1080, 1140,
    ])
    expect(result.series[0]?.labels.get('__name__')).toBe('short')
  })

  it('takes escapes in strings, alternations and absent labels as empty values', () => {
    expect(ask(String.raw`count(m{pod="b\"\\\n🙂"})`)).toEqual([1])
    expect(ask(String.raw`count(m{pod=~"a|b\"\\\\\n🙂"})`)).toEqual([2])
    expect(ask('count(m{team=""})')).toEqual([1])
    expect(ask('count(m{team!~"x|y"})')).toEqual([1])
    expect(ask('count({__name__=~"m|short"})', H + 900)).toEqual([3])
  })

  it('aggregates, compares and joins with or', () => {
    expect(ask('sum by (team) (m)', H + 600)).toEqual([10, 2])
    expect(ask('avg(m)', H + 600)).toEqual([6])
    expect(ask('min(m)', H + 600)).toEqual([2])
    expect(ask('group by (pod) (m)', H + 600)).toEqual([1, 1])
    expect(ask('m > 5', H + 600)).toEqual([10])
    expect(ask('sum by (pod) (short) or sum by (pod) (m)', H + 600)).toEqual([5, 10])
  })

  it('aggregates without some labels and never by the name then', () => {
    expect(ask('sum without (pod) (m)', H + 600)).toEqual([10, 2])
    expect(ask('count without (pod,team) ({__name__=~"m|short"})', H + 900)).toEqual([3])
    expect(ask('count by (__name__) ({__name__=~"m|short"})', H + 900)).toEqual([2, 1])
  })

  it('counts changes and resets, and takes quantiles between two samples', () => {
    expect(ask('resets(c_total[1h] offset 1ms)')).toEqual([1])
    expect(ask('changes(c_total[1h] offset 1ms)')).toEqual([59])
    expect(ask('changes(m{pod="a"}[1h] offset 1ms)')).toEqual([0])
    expect(ask('changes(odd[1h] offset 1ms)')).toEqual([1])
    expect(ask('quantile_over_time(0.95, m{team=""}[1h] offset 1ms)')[0]).toBeCloseTo(0.95 * 59, 12)
    expect(ask('quantile_over_time(2, m{team=""}[1h])')).toEqual([Number.POSITIVE_INFINITY])
  })

  it('calculates with numbers and between series that have the same labels', () => {
    expect(ask('m * 2', H + 600)).toEqual([4, 20])
    expect(ask('1 / m', H + 600)).toEqual([0.5, 0.1])
    expect(ask('sum by (pod) (short) / sum by (pod) (m)', H + 600)).toEqual([2.5])
    expect(() => ask('{__name__=~"m|short",team=""} * m')).not.toThrow()
    expect(() => ask('{__name__=~"m|short"} * 2', H + 900)).not.toThrow()
  })

  it('replaces labels by what a pattern finds in others', () => {
    const labels = (query: string) => {
      const result = engine.instant(query, (H + 600) * 1000, NOW)
      if (result.type === 'scalar') throw new Error('no series')
      return result.series.map(one => Object.fromEntries(one.labels))
    }
    expect(labels('label_replace(m{team="x"}, "kind", "fact", "", "")')).toEqual([
      { __name__: 'm', kind: 'fact', pod: 'a', team: 'x' },
    ])
    expect(labels(`label_replace(m{team="x"}, "metric", "$1-\${1}$$", "__name__", "(.+)")`)).toEqual([
      { __name__: 'm', metric: 'm-m$', pod: 'a', team: 'x' },
    ])
    expect(labels('label_replace(m{team="x"}, "team", "", "pod", "(?P<letter>a)")')).toEqual([
      { __name__: 'm', pod: 'a' },
    ])
    expect(labels('label_replace(m{team="x"}, "team", "y", "pod", "b")')).toEqual([
      { __name__: 'm', pod: 'a', team: 'x' },
    ])
    expect(() => ask('label_replace(m, "pod", "same", "", "")', H + 600)).not.toThrow()
    expect(() => ask('label_replace(sum by (pod) (m), "pod", "same", "", "")', H + 600)).toThrow(
      'same labelset',
    )
  })

  it('fails when a function leaves two series with the same labels', () => {
    const twins = '{__name__=~"m|short",pod="a",team=""}'
    expect(ask(`last_over_time(${twins}[1h])`)).toEqual([5])
    const same = new SeriesStore([series({ __name__: 'p', a: 'b' }, 1), series({ __name__: 'q', a: 'b' }, 1)])
    expect(() => new PromqlEngine(same).instant('sum_over_time({a="b"}[1h])', (H + 60) * 1000, NOW)).toThrow(
      'vector cannot contain metrics with the same labelset',
    )
  })

  it.each([
    'rate(m[5m])',
    'm % 2',
    '2 * 2',
    'm * on (pod) m',
    'm and m',
    'm unless m',
    'label_replace(m, "a-b", "x", "", "")',
    'label_replace(m, "a", "x", "")',
    'label_replace(m, "a", "x", "pod", "(")',
    'quantile_over_time(m, m[1h])',
    'topk(1, m)',
    'm > bool 1',
    'm > on (pod) m',
    'm @ 5',
    'absent(m)',
    '1 < m',
    'm offset 5m offset 5m',
    'sum by (',
    'sum_over_time(m)',
    'm{pod=~"("}',
    'm{pod=~"(?=a)"}',
    '{pod=~".*"}',
    '"text"',
    '',
  ])('refuses %s', query => {
    expect(() => engine.instant(query, H * 1000, NOW)).toThrow(expect.objectContaining({ type: 'bad_data' }))
  })

  it('refuses a selector with nothing but the tenant, as a store of Thanos does', () => {
    expect(() => engine.instant('count({tenant_id="x"})', H * 1000, NOW)).toThrow('no matchers specified')
  })
})
