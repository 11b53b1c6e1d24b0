import type { ReactNode } from 'react'
import { useFills } from './hatch.js'
import styles from './row-bars.module.css'
import { type BarPart, layOutRows } from './row-bars-layout.js'
import { colorOf, isHatched, type Paint } from './series.js'

const HEIGHT = 18

interface Part {
  readonly id: string
  readonly name: string
  readonly paint: Paint
}

interface Props<Row, P extends Part> {
  /** Accessible name. */
  readonly name: string
  readonly rows: readonly Row[]
  readonly parts: readonly P[]
  readonly keyOf: (row: Row) => string
  readonly amountOf: (row: Row, part: P) => number
  readonly print: (amount: number) => string
  readonly label: (row: Row) => ReactNode
  /** What stands behind the bar. */
  readonly detail: (row: Row) => ReactNode
}

/** A bar for each row, made of parts; all on one scale. */
export function RowBars<Row, P extends Part>(props: Props<Row, P>) {
  const { name, rows, parts, keyOf, amountOf, print, label, detail } = props
  const { bars, zero } = layOutRows(rows, parts, amountOf)
  return (
    <ol className={styles.rows} aria-label={name}>
      {rows.map((row, index) => (
        <li key={keyOf(row)} className={styles.row}>
          <span className={styles.label}>{label(row)}</span>
          <Bar
            bar={bars[index] ?? []}
            zero={zero}
            said={parts.map(part => `${part.name} ${print(amountOf(row, part))}`).join(', ')}
          />
          <span className={styles.detail}>{detail(row)}</span>
        </li>
      ))}
    </ol>
  )
}

interface BarProps {
  readonly bar: readonly BarPart<Part>[]
  /** Where the line is from which parts are measured, percent. */
  readonly zero: number
  /** The parts in words. */
  readonly said: string
}

function Bar({ bar, zero, said }: BarProps) {
  const { fillOf, hatches } = useFills()
  const line = `${zero}%`
  return (
    <svg className={styles.bar} width="100%" height={HEIGHT} role="img" aria-label={said}>
      <title>{said}</title>
      {hatches}
      {bar.map(({ part, left, width }) => (
        <rect
          key={part.id}
          x={`${left}%`}
          y={1}
          width={`${width}%`}
          height={HEIGHT - 2}
          fill={fillOf(part.paint)}
          stroke={isHatched(part.paint) ? colorOf(part.paint) : 'var(--surface)'}
          strokeWidth={0.75}
        />
      ))}
      <line x1={line} x2={line} y1={0} y2={HEIGHT} stroke="var(--control-line)" />
    </svg>
  )
}
