import type { ReactNode } from 'react'
import { Link, useLocation } from 'react-router'
import { useRead } from '../api/use-read.js'
import { Empty } from '../ui/empty.js'
import { ViewHead } from '../ui/view-head.js'
import { titleAt } from './views.js'

const PIPELINE = '/pipeline'

/** The view, unless nothing of the account is loaded yet: then why that is. The pipeline tells of that itself. */
export function Ingested({ children }: { children: ReactNode }) {
  const { pathname, search } = useLocation()
  const { data } = useRead('status', {})
  if (data === undefined || data.total_count > 0 || pathname === PIPELINE) return children
  return (
    <>
      <ViewHead title={titleAt(pathname)} />
      <Empty title="Nothing of this account is loaded yet.">
        <p>
          Its clusters are found, and their hours loaded, once the source has series of it; a new account’s
          first hours take some minutes.
        </p>
        <Link to={{ pathname: PIPELINE, search }}>What the pipeline says</Link>
      </Empty>
    </>
  )
}
