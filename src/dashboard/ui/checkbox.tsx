import type { ReactNode } from 'react'
import styles from './checkbox.module.css'

interface Props {
  readonly label: ReactNode
  readonly isChecked: boolean
  readonly onChange: (isChecked: boolean) => void
}

/** Something that is so, or not. */
export function Checkbox({ label, isChecked, onChange }: Props) {
  return (
    <label className={styles.checkbox}>
      <input type="checkbox" checked={isChecked} onChange={event => onChange(event.target.checked)} />
      {label}
    </label>
  )
}
