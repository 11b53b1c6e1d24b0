import { useId } from 'react'
import styles from './control.module.css'

interface Props<T extends string> {
  readonly label: string
  readonly value: T
  /** Text by value, in order. */
  readonly options: Readonly<Record<T, string>>
  readonly onChange: (value: T) => void
}

/** A choice of one of few, all of them in sight: radio buttons that look like one control. */
export function Segments<T extends string>({ label, value, options, onChange }: Props<T>) {
  const name = useId()
  return (
    <fieldset className={styles.control}>
      <legend className={styles.label}>{label}</legend>
      <div className={styles.options}>
        {(Object.entries(options) as [T, string][]).map(([option, text]) => (
          <label key={option} className={styles.option}>
            <input
              type="radio"
              name={name}
              value={option}
              checked={option === value}
              onChange={() => onChange(option)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
