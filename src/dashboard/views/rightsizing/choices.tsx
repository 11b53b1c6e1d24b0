import { FIRST_PAGE } from '../../state/page.js'
import { useUrlState } from '../../state/use-state.js'
import { AmountField } from '../../ui/amount-field.js'
import { Checkbox } from '../../ui/checkbox.js'
import { Segments } from '../../ui/segments.js'
import { Select } from '../../ui/select.js'
import { FIELDS, type RightsizingState } from './fields.js'
import styles from './rightsizing.module.css'
import { ACTION_OPTIONS, CONFIDENCE_OPTIONS, PROFILE_HINTS, PROFILES } from './words.js'

const HISTORIES = [
  ['7', '7 days'],
  ['14', '14 days'],
  ['30', '30 days'],
] as const

/** How careful the advice is, and from how many days of use. */
export function HeadChoices() {
  const [{ history }, change] = useUrlState(FIELDS)
  return (
    <Select
      label="From the use of the last"
      value={history}
      options={HISTORIES}
      onChange={to => change({ history: to, ...FIRST_PAGE })}
    />
  )
}

/** What steers the advice, and which of it is shown. */
export function Choices() {
  const [state, change] = useUrlState(FIELDS)
  const choose = (changes: Partial<RightsizingState>) => change({ ...changes, ...FIRST_PAGE })
  return (
    <div className={styles.choices}>
      <div>
        <Segments
          label="How careful"
          value={state.profile}
          options={PROFILES}
          onChange={profile => choose({ profile })}
        />
        <p className={styles.hint}>{PROFILE_HINTS[state.profile]}</p>
      </div>
      <div className={styles.narrowing}>
        <Select
          label="What to do"
          value={state.action}
          options={ACTION_OPTIONS}
          onChange={action => choose({ action })}
        />
        <Select
          label="Confidence"
          value={state.min_confidence}
          options={CONFIDENCE_OPTIONS}
          onChange={min_confidence => choose({ min_confidence })}
        />
        <AmountField
          label="Saves a month at least"
          value={state.min_saving}
          onChange={min_saving => choose({ min_saving })}
        />
        <Checkbox
          label="With the system and what no workload owns"
          isChecked={state.include_system}
          onChange={include_system => choose({ include_system })}
        />
        <Checkbox
          label="With what is ignored"
          isChecked={state.include_ignored}
          onChange={include_ignored => choose({ include_ignored })}
        />
      </div>
    </div>
  )
}
