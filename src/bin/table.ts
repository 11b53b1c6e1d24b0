const GAP = '  '
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])/u
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

export interface Column<T> {
  readonly title: string
  readonly value: (row: T) => string
  /** Numbers are read from the right. */
  readonly isRight?: boolean
}

/** Lines of an aligned table, the titles first; no rows, no lines. */
export function tableLines<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  if (rows.length === 0) return []
  return align(columns, [columns.map(column => column.title), ...cells(columns, rows)])
}

/** As `tableLines`, without the titles: every line is a row. */
export function rowLines<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  return align(columns, cells(columns, rows))
}

function cells<T>(columns: readonly Column<T>[], rows: readonly T[]): string[][] {
  return rows.map(row => columns.map(column => printable(column.value(row))))
}

function align<T>(columns: readonly Column<T>[], lines: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, index) => Math.max(0, ...lines.map(line => displayWidth(line[index] ?? ''))))
  return lines.map(line =>
    columns
      .map((column, index) => pad(line[index] ?? '', widths[index] ?? 0, column.isRight === true))
      .join(GAP)
      .trimEnd(),
  )
}

function pad(text: string, width: number, isRight: boolean): string {
  const filling = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return isRight ? filling + text : text + filling
}

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text))
    width += ZERO.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1
  return width
}

// Names come from clusters: none may move the cursor, colour the terminal or begin a line of its own.
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** `3 d 4 h`, `12 min`, `40 s`: the two largest units of a number of seconds. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ]
  const first = parts.findIndex(([value]) => value > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}

/** UTC to the minute, `2026-10-31 13:00Z`; `-` for nothing. */
export function formatInstant(instant: Date | number | null): string {
  if (instant === null) return '-'
  const date = typeof instant === 'number' ? new Date(instant * 1000) : instant
  return `${date.toISOString().slice(0, 16).replace('T', ' ')}Z`
}
