import { useId, useState } from 'react'
import type { Filter } from '../../state/filters.js'
import { FIRST_PAGE } from '../../state/page.js'
import type { Hours } from '../../state/range.js'
import { useUrlState } from '../../state/use-state.js'
import { Button } from '../../ui/button.js'
import { Segments } from '../../ui/segments.js'
import { ValueCombobox } from '../../ui/value-combobox.js'
import styles from './allocation.module.css'
import { FIELDS } from './fields.js'

const SPLITS = { weighted: 'By their cost', even: 'Evenly' } as const

/** The namespaces whose cost the others bear, such as those of monitoring and of the system. */
export function Sharing({ hours }: { hours: Hours }) {
  const [{ share }, change] = useUrlState(FIELDS)
  const [isOpen, setIsOpen] = useState(false)
  const id = useId()
  const set = (names: readonly string[]) => change({ share: names, ...FIRST_PAGE })
  return (
    <>
      <Button aria-expanded={isOpen} aria-controls={id} onClick={() => setIsOpen(!isOpen)}>
        {share.length === 0 ? 'Share namespaces' : `Shared namespaces: ${share.length}`}
      </Button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape is a second way to press the button that closes it */}
      <div
        id={id}
        hidden={!isOpen}
        className={styles.sharing}
        onKeyDown={event => {
          if (event.key === 'Escape') setIsOpen(false)
        }}
      >
        {isOpen ? <Form {...{ hours, share, set }} /> : null}
      </div>
    </>
  )
}

interface FormProps {
  readonly hours: Hours
  readonly share: readonly string[]
  readonly set: (names: readonly string[]) => void
}

function Form({ hours, share, set }: FormProps) {
  const [{ split }, change] = useUrlState(FIELDS)
  const taken = share.map((value): Filter => ({ dimension: 'namespace', value, isExcluded: false }))
  return (
    <>
      <p className={styles.hint}>
        The cost of these namespaces’ workloads is spread over the other workloads of the same cluster. The
        sum stays the same.
      </p>
      <ValueCombobox
        dimension="namespace"
        label="Namespace to be shared"
        canBeNone={false}
        filters={taken}
        path={[]}
        hours={hours}
        onChoose={name => set([...share, name])}
      />
      <Segments
        label="Spread over the others"
        value={split}
        options={SPLITS}
        onChange={chosen => change({ split: chosen, ...FIRST_PAGE })}
      />
      {share.length === 0 ? null : (
        <ul className={styles.shared} aria-label="Shared namespaces">
          {share.map(name => (
            <li key={name}>
              <Button
                aria-label={`No longer share ${name}`}
                onClick={() => set(share.filter(other => other !== name))}
              >
                <bdi className={styles.sharedName}>{name}</bdi> <span aria-hidden>×</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {split === 'even' && share.length > 0 ? (
        <p className={styles.hint}>
          Evenly means the same for each row that is shown: with other rows, a namespace bears another share.
        </p>
      ) : null}
    </>
  )
}
