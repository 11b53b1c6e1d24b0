import { type Dimension, titleOf } from '../../state/dimensions.js'
import { FIRST_PAGE } from '../../state/page.js'
import { type Hours, STEPS, usualStep } from '../../state/range.js'
import { useUrlState } from '../../state/use-state.js'
import { Select } from '../../ui/select.js'
import { useDimensions } from '../../ui/use-dimensions.js'
import styles from './allocation.module.css'
import { type AllocationState, FIELDS, isDrawable } from './fields.js'
import { Sharing } from './sharing.js'

const IDLE = {
  separate: 'In rows of its own',
  hide: 'Left out',
  share: 'Shared out within clusters',
  share_by_node: 'Shared out within nodes',
} as const

const NOTHING = ''

/** By what costs are broken down, in which steps they are drawn, and what becomes of idle and shared cost. */
export function Controls({ hours }: { hours: Hours }) {
  const [{ idle, idle_by }, change] = useUrlState(FIELDS)
  const shownIdle = idle === 'share' && idle_by === 'node' ? 'share_by_node' : idle
  function chooseIdle(chosen: keyof typeof IDLE): void {
    const isByNode = chosen === 'share_by_node'
    change({
      idle: isByNode ? 'share' : chosen,
      idle_by: isByNode ? 'node' : 'cluster',
      ...FIRST_PAGE,
    })
  }
  return (
    <div className={styles.controls}>
      <Breakdown hours={hours} />
      <StepSelect hours={hours} />
      <Select label="Idle cost" value={shownIdle} options={IDLE} onChange={chooseIdle} />
      <Sharing hours={hours} />
    </div>
  )
}

function Breakdown({ hours }: { hours: Hours }) {
  const [{ by }, change] = useUrlState(FIELDS)
  const all = useDimensions(hours, by)
  const [first = 'namespace', second] = by
  const choose = (dimensions: readonly Dimension[]) => change({ by: [...new Set(dimensions)], ...FIRST_PAGE })
  const optionOf = (dimension: Dimension) => [dimension, titleOf(dimension)] as const
  const others = all.filter(dimension => dimension !== first).map(optionOf)
  return (
    <>
      <Select
        label="By"
        value={first}
        options={all.map(optionOf)}
        onChange={chosen => choose(second === undefined ? [chosen] : [chosen, second])}
      />
      <Select<Dimension | typeof NOTHING>
        label="And by"
        value={second ?? NOTHING}
        options={[[NOTHING, 'Nothing else'], ...others]}
        onChange={chosen => choose(chosen === NOTHING ? [first] : [first, chosen])}
      />
    </>
  )
}

const STEP_TITLES = { hour: 'Hours', day: 'Days', week: 'Weeks', month: 'Months' } as const

function StepSelect({ hours }: { hours: Hours }) {
  const [{ step }, change] = useUrlState(FIELDS)
  const drawable = STEPS.filter(one => isDrawable(hours, one))
  const options: (readonly [AllocationState['step'], string])[] = [
    ['auto', `Automatic: ${STEP_TITLES[usualStep(hours)].toLowerCase()}`],
    ...drawable.map(one => [one, STEP_TITLES[one]] as const),
  ]
  const shown = options.some(([one]) => one === step) ? step : 'auto'
  return (
    <Select label="Steps" value={shown} options={options} onChange={chosen => change({ step: chosen })} />
  )
}
