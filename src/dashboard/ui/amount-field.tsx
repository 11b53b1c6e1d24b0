import { type FormEvent, useId, useState } from 'react'
import { amount } from '../state/fields.js'
import styles from './amount-field.module.css'

interface Props {
  readonly label: string
  /** Null: none. */
  readonly value: number | null
  readonly onChange: (value: number | null) => void
}

/** An amount that is taken when it has been entered: with the Enter key, or by going on. */
export function AmountField({ label, value, onChange }: Props) {
  // What is being typed goes when another value is there.
  return <Draft key={value ?? ''} {...{ label, value, onChange }} />
}

function Draft({ label, value, onChange }: Props) {
  const id = useId()
  const [text, setText] = useState(value === null ? '' : String(value))
  const entered = text.trim() === '' ? null : amount.parse([text.trim()])
  const isWrong = entered === undefined

  function take(event?: FormEvent): void {
    event?.preventDefault()
    if (entered !== undefined && entered !== value) onChange(entered)
  }
  return (
    <form className={styles.field} onSubmit={take} noValidate>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        inputMode="decimal"
        autoComplete="off"
        placeholder="any"
        value={text}
        aria-invalid={isWrong || undefined}
        aria-describedby={`${id}-problem`}
        onChange={event => setText(event.target.value)}
        onBlur={() => take()}
      />
      <p id={`${id}-problem`} role="alert" className={styles.problem}>
        {isWrong ? 'Enter a number, as in 2.50.' : null}
      </p>
    </form>
  )
}
