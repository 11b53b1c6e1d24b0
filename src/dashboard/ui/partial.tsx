import type { Meta } from '../api/routes.js'
import { GAP_REASONS } from '../format/gap-reasons.js'
import { percent } from '../format/quantity.js'
import { moment } from '../format/time.js'
import { Notice } from './notice.js'
import styles from './partial.module.css'

const SHOWN = 8

/** Says that, and why, numbers are not complete; nothing where they are. */
export function Partial({ meta }: { meta: Meta }) {
  if (!meta.partial && meta.warnings.length === 0) return null
  const gaps = meta.gaps.length
  return (
    <Notice kind={meta.partial ? 'warning' : 'info'}>
      <details className={styles.details}>
        <summary>{sentenceOf(meta)}</summary>
        {gaps === 0 ? null : (
          <ul>
            {meta.gaps.slice(0, SHOWN).map(({ cluster, start_date, end_date, reason }) => (
              <li key={`${cluster} ${start_date} ${reason}`}>
                {cluster}, {moment(start_date)} to {moment(end_date)} UTC: {GAP_REASONS[reason]}
              </li>
            ))}
            {gaps > SHOWN ? <li>and {gaps - SHOWN} more; the pipeline view has all of them</li> : null}
          </ul>
        )}
        {meta.warnings.map(({ code, detail }) => (
          <p key={code}>{detail}</p>
        ))}
      </details>
    </Notice>
  )
}

function sentenceOf({ partial, gaps, coverage }: Meta): string {
  if (!partial) return 'There is something to know about these numbers.'
  if (gaps.length === 0)
    return 'These numbers are not complete: a part of the cost was not measured everywhere.'
  const share = coverage === null ? '' : `, ${percent(coverage)} of them were measured`
  return `These numbers are not complete: hours are missing${share}.`
}
