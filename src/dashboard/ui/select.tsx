import { useId } from 'react'
import styles from './control.module.css'

interface Props<T extends string> {
  readonly label: string
  readonly value: T
  /** Text by value, in order. */
  readonly options: Readonly<Record<T, string>> | readonly (readonly [T, string])[]
  readonly onChange: (value: T) => void
}

/** A labelled choice of one. */
export function Select<T extends string>({ label, value, options, onChange }: Props<T>) {
  const id = useId()
  const entries = Array.isArray(options) ? options : (Object.entries(options) as [T, string][])
  return (
    <div className={styles.control}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <select id={id} value={value} onChange={event => onChange(event.target.value as T)}>
        {entries.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}
