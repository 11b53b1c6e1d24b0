import { type FormEvent, useId, useState } from 'react'
import { isoDay } from '../format/time.js'
import { PRESETS, problemOfDays, type Range } from '../state/range.js'
import { useRange } from '../state/use-range.js'
import { Button } from './button.js'
import styles from './range-picker.module.css'
import { Select } from './select.js'

const CUSTOM = 'custom'
const OPTIONS = { ...PRESETS, [CUSTOM]: 'Other days…' } as const
type Option = keyof typeof OPTIONS

/** Chooses the days that a view is about: a ready-made range, or two days of one's own. */
export function RangePicker() {
  const { range, hours, setRange } = useRange()
  const [isOwn, setIsOwn] = useState(false)
  const shown: Option = isOwn || !('preset' in range) ? CUSTOM : range.preset

  function choose(option: Option): void {
    setIsOwn(option === CUSTOM)
    if (option !== CUSTOM) setRange({ preset: option })
  }
  function apply(days: { from: string; to: string }): void {
    setIsOwn(false)
    setRange(days)
  }
  return (
    <div className={styles.picker}>
      <Select label="Days (UTC)" value={shown} options={OPTIONS} onChange={choose} />
      {shown === CUSTOM ? (
        <Days key={`${hours.start} ${hours.end}`} {...daysOf(range, hours)} onApply={apply} />
      ) : null}
    </div>
  )
}

function daysOf(range: Range, { start, end }: { start: number; end: number }): { from: string; to: string } {
  return 'preset' in range ? { from: isoDay(start), to: isoDay(end - 1) } : range
}

interface DaysProps {
  readonly from: string
  readonly to: string
  readonly onApply: (days: { from: string; to: string }) => void
}

function Days({ from, to, onApply }: DaysProps) {
  const [first, setFirst] = useState(from)
  const [last, setLast] = useState(to)
  const [problem, setProblem] = useState<string | null>(null)
  const ids = { first: useId(), last: useId(), problem: useId() }
  const described = problem === null ? {} : { 'aria-describedby': ids.problem, 'aria-invalid': true }

  function submit(event: FormEvent): void {
    event.preventDefault()
    const wrong = problemOfDays(first, last)
    setProblem(wrong)
    if (wrong === null) onApply({ from: first, to: last })
  }
  return (
    <form className={styles.days} onSubmit={submit} noValidate>
      <div className={styles.day}>
        <label htmlFor={ids.first}>First day</label>
        <input
          id={ids.first}
          type="date"
          value={first}
          onChange={event => setFirst(event.target.value)}
          {...described}
        />
      </div>
      <div className={styles.day}>
        <label htmlFor={ids.last}>Last day</label>
        <input
          id={ids.last}
          type="date"
          value={last}
          onChange={event => setLast(event.target.value)}
          {...described}
        />
      </div>
      <Button type="submit">Apply</Button>
      <p role="alert" id={ids.problem} className={styles.problem}>
        {problem}
      </p>
    </form>
  )
}
