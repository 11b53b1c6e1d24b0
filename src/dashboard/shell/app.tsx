import { Suspense } from 'react'
import { Navigate, Route, Routes, useLocation } from 'react-router'
import { useSession } from '../session/session.js'
import { Skeleton } from '../ui/skeleton.js'
import { Frame } from './frame.js'
import { Ingested } from './ingested.js'
import { NotFound } from './not-found.js'
import { VIEWS } from './views.js'

/** The views at their paths, inside the frame that all of them have. */
export function App() {
  return (
    <Frame>
      <Ingested>
        <Suspense fallback={<Skeleton label="the view" height={240} />}>
          <Routes>
            <Route path="/" element={<ToOverview />} />
            {VIEWS.map(({ path, Component }) => (
              <Route key={path} path={path} element={<Component />} />
            ))}
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </Ingested>
    </Frame>
  )
}

function ToOverview() {
  const { search } = useLocation()
  const { account } = useSession()
  // Where one has signed in just now, the address doesn't have the account yet.
  const params = new URLSearchParams(search)
  params.set('account', account)
  return <Navigate to={{ pathname: '/overview', search: params.toString() }} replace />
}
