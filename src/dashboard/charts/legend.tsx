import styles from './legend.module.css'
import type { Series } from './series.js'
import { Swatch } from './swatch.js'

interface Props {
  readonly series: readonly Series[]
  /** Shown behind a series' name. */
  readonly detail?: (series: Series) => string
  /** What choosing a series does, told to who can't see the pointer; absent: nothing can be chosen. */
  readonly onSelect?: (series: Series) => void
  /** Whether this one can be chosen; all unless told. */
  readonly canSelect?: (series: Series) => boolean
}

/** What the colours and patterns of a chart stand for. */
export function Legend({ series, detail, onSelect, canSelect = () => true }: Props) {
  return (
    <ul className={styles.legend}>
      {series.map(one => {
        const text = (
          <>
            <Swatch paint={one.paint} />
            <span className={styles.name}>{one.name}</span>
            {detail === undefined ? null : <span className={styles.detail}>{detail(one)}</span>}
          </>
        )
        return (
          <li key={one.id}>
            {onSelect !== undefined && canSelect(one) ? (
              <button type="button" className={styles.entry} onClick={() => onSelect(one)}>
                {text}
              </button>
            ) : (
              <span className={styles.entry}>{text}</span>
            )}
          </li>
        )
      })}
    </ul>
  )
}
