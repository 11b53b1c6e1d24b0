import { useEffect, useRef, useState } from 'react'
import { type Dimension, titleOf } from '../state/dimensions.js'
import type { Filter, Place } from '../state/filters.js'
import { useRange } from '../state/use-range.js'
import { Button } from './button.js'
import styles from './filter-bar.module.css'
import { Select } from './select.js'
import { useDimensions } from './use-dimensions.js'
import { ValueCombobox } from './value-combobox.js'

const WAYS = { is: 'is', not: 'is not' } as const

interface Props {
  readonly filters: readonly Filter[]
  readonly path: readonly Place[]
  /** Dimensions that can't be filtered by here. */
  readonly decided: ReadonlySet<Dimension>
  readonly offers: (dimension: Dimension) => boolean
  readonly onAdd: (filter: Filter) => void
  readonly onClose: () => void
}

/** Makes filters, one after the other: of which dimension, which way, which value. */
export function FilterForm({ filters, path, decided, offers, onAdd, onClose }: Props) {
  const { hours } = useRange()
  const offered = useDimensions(hours).filter(dimension => offers(dimension) && !decided.has(dimension))
  const [chosen, setChosen] = useState<Dimension>('namespace')
  const [way, setWay] = useState<keyof typeof WAYS>('is')
  const dimension = offered.includes(chosen) ? chosen : (offered[0] ?? 'container')
  const form = useRef<HTMLDivElement>(null)
  useEffect(() => form.current?.querySelector('select')?.focus(), [])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape is a second way to press the button that closes it
    <div
      ref={form}
      className={styles.form}
      onKeyDown={event => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose()
      }}
    >
      <Select
        label="Filter by"
        value={dimension}
        options={offered.map(one => [one, titleOf(one)] as const)}
        onChange={setChosen}
      />
      <Select label="Which" value={way} options={WAYS} onChange={setWay} />
      <ValueCombobox
        key={dimension}
        {...{ dimension, filters, path, hours }}
        onChoose={value => onAdd({ dimension, value, isExcluded: way === 'not' })}
      />
      <Button onClick={onClose}>Done</Button>
    </div>
  )
}
