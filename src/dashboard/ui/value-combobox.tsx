import { useCombobox } from 'downshift'
import { useMemo, useState } from 'react'
import type { BodyOf } from '../api/routes.js'
import { useRead } from '../api/use-read.js'
import { moneyIn } from '../format/money.js'
import { count } from '../format/quantity.js'
import { type Dimension, HAS_NONE, titleOf } from '../state/dimensions.js'
import { type Filter, filterQuery, type Place, shownValue } from '../state/filters.js'
import type { Hours } from '../state/range.js'
import { useDelayed } from '../state/use-delayed.js'
import controls from './control.module.css'
import styles from './value-combobox.module.css'

/** Suggestions at a time. */
const MOST = 30
const PAUSE_MS = 150

type Suggestion = BodyOf<'filters'>['filters'][number]

interface Props {
  readonly dimension: Dimension
  /** Suggestions are what those of other dimensions leave. */
  readonly filters: readonly Filter[]
  readonly path: readonly Place[]
  readonly hours: Hours
  /** The dimension's name unless told. */
  readonly label?: string
  /** Whether "has none of it" can be chosen too. */
  readonly canBeNone?: boolean
  readonly onChoose: (value: string) => void
}

/** Chooses one of a dimension's values by part of its name; the dearest come first, with what they cost. */
export function ValueCombobox({ label, onChoose, ...asked }: Props) {
  const [typed, setTyped] = useState('')
  const { answer, items, note } = useSuggestions(asked, typed)
  const money = moneyIn(answer.data?.meta.currency ?? '')
  const box = useCombobox<Suggestion>({
    items,
    selectedItem: null,
    itemToString: item => item?.value ?? '',
    onInputValueChange: ({ inputValue }) => setTyped(inputValue),
    onSelectedItemChange: ({ selectedItem }) => {
      if (selectedItem !== null) onChoose(selectedItem.value)
    },
    stateReducer: (state, { type, changes }) => {
      switch (type) {
        // Leaving is not choosing.
        case useCombobox.stateChangeTypes.InputBlur:
          return { ...changes, selectedItem: null, inputValue: state.inputValue }
        // Another value of the dimension may follow.
        case useCombobox.stateChangeTypes.InputKeyDownEnter:
        case useCombobox.stateChangeTypes.ItemClick:
          return { ...changes, inputValue: '' }
        default:
          return changes
      }
    },
  })
  const { htmlFor, id } = box.getLabelProps()
  return (
    <div className={styles.box}>
      <label htmlFor={htmlFor} id={id} className={controls.label}>
        {label ?? titleOf(asked.dimension)}
      </label>
      <input
        {...box.getInputProps({
          placeholder: 'Part of its name',
          className: styles.input,
          // The first Escape closes the suggestions, the next one what is around them.
          onKeyDown: event => {
            if (event.key === 'Escape' && box.isOpen) event.stopPropagation()
          },
        })}
      />
      <div className={box.isOpen ? styles.popup : styles.closed}>
        <ul {...box.getMenuProps({ className: styles.menu })}>
          {items.map((item, index) => (
            <li
              key={item.value}
              {...box.getItemProps({ item, index })}
              className={index === box.highlightedIndex ? styles.highlighted : styles.item}
            >
              <bdi className={item.value === HAS_NONE ? styles.none : styles.name} title={item.name}>
                {shownValue(item.value)}
              </bdi>
              <span className={styles.cost}>{money.exact(item.total_cost)}</span>
            </li>
          ))}
        </ul>
        <p role="status" className={styles.note}>
          {box.isOpen ? note : null}
        </p>
      </div>
    </div>
  )
}

function useSuggestions(
  { dimension, filters, path, hours, canBeNone = true }: Omit<Props, 'label' | 'onChoose'>,
  typed: string,
) {
  const q = useDelayed(typed.trim(), PAUSE_MS)
  const others = filters.filter(filter => filter.dimension !== dimension)
  const answer = useRead(
    'filters',
    {
      start_date: hours.start,
      end_date: hours.end,
      ...filterQuery(others, path),
      dimension,
      ...(q === '' ? {} : { q }),
      limit: MOST,
    },
    { keep: true },
  )
  const items = useMemo(() => {
    const taken = new Set(filters.filter(filter => filter.dimension === dimension).map(({ value }) => value))
    if (!canBeNone) taken.add(HAS_NONE)
    // What is typed holds at once, also for suggestions that are still those of less.
    const part = typed.trim().toLowerCase()
    return (answer.data?.filters ?? []).filter(
      ({ value, name }) => !taken.has(value) && name.toLowerCase().includes(part),
    )
  }, [answer.data, filters, dimension, canBeNone, typed])
  const isLooking = q !== typed.trim() || answer.isPlaceholderData
  return { answer, items, note: isLooking ? LOOKING : noteOf(answer, items.length) }
}

const LOOKING = 'Looking…'

/** What is said below the suggestions; null where they are all there is. */
function noteOf(
  { data, error }: { data: BodyOf<'filters'> | undefined; error: Error | null },
  shown: number,
): string | null {
  if (error !== null) return `Suggestions can’t be shown. ${error.message}`
  if (data === undefined) return LOOKING
  if (data.total_count > MOST) return `${count(data.total_count - MOST)} more: type part of a name`
  return shown === 0 ? 'Nothing of that name in these days' : null
}
