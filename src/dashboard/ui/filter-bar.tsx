import { useMemo, useRef, useState } from 'react'
import type { Dimension } from '../state/dimensions.js'
import {
  type FilterGroup,
  groupFilters,
  groupWords,
  valueWords,
  withFilter,
  withoutFilter,
} from '../state/filter-groups.js'
import type { Filter, Place } from '../state/filters.js'
import { useFilters } from '../state/use-state.js'
import { Button } from './button.js'
import styles from './filter-bar.module.css'
import { FilterForm } from './filter-form.js'

const NOWHERE: readonly Place[] = []
const everything = (): boolean => true

interface Props {
  /** Rows that were looked into: they decide on their dimensions, so filters by these are neither shown nor offered. */
  readonly path?: readonly Place[]
  /** Whether the view can be filtered by it; by all unless told. */
  readonly offers?: (dimension: Dimension) => boolean
}

/** The filters of the URL, each to be taken away, and a way to add others. */
export function FilterBar({ path = NOWHERE, offers = everything }: Props) {
  const [filters, change] = useFilters()
  const [isOpen, setIsOpen] = useState(false)
  const adder = useRef<HTMLButtonElement>(null)
  const decided = useMemo(() => new Set<Dimension>(path.map(({ dimension }) => dimension)), [path])
  const shown = filters.filter(({ dimension }) => !decided.has(dimension))
  const groups = groupFilters(shown)

  // What had the focus is gone with what it did.
  function changeTo(changed: readonly Filter[]): void {
    change(changed)
    adder.current?.focus()
  }
  function close(): void {
    setIsOpen(false)
    adder.current?.focus()
  }
  return (
    <section aria-label="Filters" className={styles.bar}>
      <div className={styles.row}>
        {groups.length === 0 ? null : (
          <ul className={styles.chips}>
            {groups.map(group => (
              <Chip
                key={`${group.isExcluded} ${group.dimension}`}
                group={group}
                onRemove={filter => changeTo(withoutFilter(filters, filter))}
              />
            ))}
          </ul>
        )}
        <Button ref={adder} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          <span aria-hidden>+</span> Add filter
        </Button>
        {shown.length < 2 ? null : (
          <Button kind="link" onClick={() => changeTo(filters.filter(filter => !shown.includes(filter)))}>
            Clear all filters
          </Button>
        )}
      </div>
      {isOpen ? (
        <FilterForm
          {...{ filters, path, decided, offers }}
          onAdd={filter => change(withFilter(filters, filter))}
          onClose={close}
        />
      ) : null}
    </section>
  )
}

interface ChipProps {
  readonly group: FilterGroup
  readonly onRemove: (filter: Filter) => void
}

function Chip({ group, onRemove }: ChipProps) {
  const words = groupWords(group)
  return (
    <li className={styles.chip}>
      <span className={styles.words}>{words}</span>
      {group.filters.map(filter => {
        const value = valueWords(filter, group)
        return (
          <span key={filter.value} className={styles.value}>
            <bdi className={styles.text} title={value}>
              {value}
            </bdi>
            <button
              type="button"
              className={styles.remove}
              aria-label={`Remove filter: ${words} ${value}`}
              onClick={() => onRemove(filter)}
            >
              <span aria-hidden>×</span>
            </button>
          </span>
        )
      })}
    </li>
  )
}
