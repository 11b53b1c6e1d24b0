import type { CSSProperties } from 'react'
import type { ChartStep, Series } from './series.js'
import { sumAt } from './series.js'
import styles from './step-tip.module.css'
import { Swatch } from './swatch.js'

interface Props {
  readonly series: readonly Series[]
  readonly step: ChartStep
  readonly index: number
  readonly print: (amount: number) => string
  /** Pixels from the left of the chart. */
  readonly left: number
}

/** The numbers of one step, beside the pointer. */
export function StepTip({ series, step, index, print, left }: Props) {
  return (
    <div className={styles.tip} style={{ '--left': `${left}px` } as CSSProperties}>
      <p className={styles.head}>
        <strong>{step.label}</strong>
        {step.isSoFar ? ' so far' : ''}: {print(sumAt(series, index))}
      </p>
      {step.gap === null ? null : <p className={styles.gap}>Not complete: {step.gap}</p>}
      <ul className={styles.list}>
        {series
          .filter(({ values }) => (values[index] ?? 0) !== 0)
          .map(one => (
            <li key={one.id}>
              <Swatch paint={one.paint} />
              <span className={styles.name}>{one.name}</span>
              <span className={styles.amount}>{print(one.values[index] ?? 0)}</span>
            </li>
          ))}
      </ul>
    </div>
  )
}
