import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { instantArgument, requireRange } from '../../src/bin/arguments.js'
import { createProgress } from '../../src/bin/progress.js'
import { displayWidth, formatDuration, tableLines } from '../../src/bin/table.js'

describe('a table', () => {
  const columns = [
    { title: 'NAME', value: (row: [string, number]) => row[0] },
    { title: 'N', value: (row: [string, number]) => String(row[1]), isRight: true },
    { title: 'END', value: () => 'x' },
  ]

  it('aligns texts to the left and numbers to the right, whatever the script', () => {
    const rows: [string, number][] = [
      ['shop', 1],
      ['生产', 1000],
      ['e\u0301te\u0301', 20],
      ['🚀', 3],
    ]
    const lines = tableLines(columns, rows)
    expect(lines).toEqual([
      'NAME     N  END',
      'shop     1  x',
      '生产  1000  x',
      'e\u0301te\u0301     20  x',
      '🚀       3  x',
    ])
    expect(new Set(lines.map(line => displayWidth(line.replace(/END$/, 'x'))))).toEqual(new Set([13]))
  })

  it('has no titles over nothing', () => {
    expect(tableLines(columns, [])).toEqual([])
  })

  it('lets no name move the cursor or begin a line', () => {
    const text = tableLines(columns, [['\u001b[2Ja\nb\u202ec', 1]]).join('\n')
    expect(text.split('\n')).toHaveLength(2)
    expect(text).toContain('\ufffd[2Ja\ufffdb\ufffdc')
  })
})

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [90, '1 min 30 s'],
    [3_600, '1 h'],
    [3_661, '1 h 1 min'],
    [90_000, '1 d 1 h'],
    [-5, '0 s'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })
})

describe('a time given by a person', () => {
  it.each([
    ['2026-10-01', Date.UTC(2026, 9, 1)],
    ['2026-10-01T05:30Z', Date.UTC(2026, 9, 1, 5, 30)],
    ['2026-10-01T05:30:15Z', Date.UTC(2026, 9, 1, 5, 30, 15)],
    ['1790000000', 1_790_000_000_000],
  ])('%s is understood in UTC', (text, milliseconds) => {
    expect(instantArgument(text) * 1000).toBe(milliseconds)
  })

  it.each([
    '',
    'yesterday',
    '2026-02-31',
    '2026-13-01',
    '2026-10-01T24:30Z',
    '2026-10-01T05:30',
    '01.10.2026',
    '-1',
    '1e9',
  ])('%j is refused', text => {
    expect(() => instantArgument(text)).toThrow('It is no UTC day')
  })

  it('has to come before the end', () => {
    const [from, to] = [instantArgument('2026-10-01'), instantArgument('2026-10-02')]
    expect(() => requireRange(from, to)).not.toThrow()
    expect(() => requireRange(to, from)).toThrow(
      /--from is 2026-10-02T00:00:00Z and --to is 2026-10-01T00:00:00Z/,
    )
    expect(() => requireRange(from, from)).toThrow('The range ends before it begins')
  })
})

describe('progress', () => {
  const withStream = (isTTY: boolean) => {
    let now = 0
    const stream = Object.assign(new PassThrough(), {
      isTTY,
      columns: 120,
      cursorTo: () => true,
      clearLine: () => true,
      moveCursor: () => true,
    }) as unknown as NodeJS.WriteStream
    const chunks: string[] = []
    stream.on('data', chunk => chunks.push(String(chunk)))
    const progress = createProgress({ unit: 'windows', stream, clock: () => now })
    const at = (milliseconds: number, done: number) => {
      now = milliseconds
      progress.update(done, 100)
    }
    return { at, progress, text: () => chunks.join('') }
  }

  it('is a line every few seconds where there is no terminal, with rate and time left, and one at the end', () => {
    const { at, progress, text } = withStream(false)
    at(0, 0)
    at(1_000, 10)
    at(5_000, 50)
    at(9_000, 99)
    at(9_500, 100)
    progress.stop()
    progress.stop()
    expect(text()).toBe(
      '0 of 100 windows (0%)  beginning\n' +
        '50 of 100 windows (50%)  10/s, 5 s left\n' +
        '100 of 100 windows (100%)  11/s, took 10 s\n',
    )
  })

  it('does not take what was there at the beginning for its pace', () => {
    const { at, progress, text } = withStream(false)
    at(10, 40)
    at(5_010, 60)
    progress.stop()
    expect(text()).toBe('40 of 100 windows (40%)  beginning\n60 of 100 windows (60%)  4.0/s, 10 s left\n')
    const done = withStream(false)
    done.at(10, 100)
    done.progress.stop()
    expect(done.text()).toBe('100 of 100 windows (100%)  all there\n')
  })

  it('is a bar on a terminal', () => {
    const { at, progress, text } = withStream(true)
    at(0, 0)
    at(5_000, 50)
    progress.stop()
    expect(text()).toContain('50 of 100 windows')
    expect(text()).toContain('10/s, 5 s left')
    expect(text()).toContain('█')
  })
})
