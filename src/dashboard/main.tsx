import './theme.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { SessionGate } from './session/session.js'
import { App } from './shell/app.js'
import { Themed } from './shell/theme.js'
import { Clock } from './state/now.js'
import { RefusedParameters } from './state/refused.js'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no place for the dashboard')
createRoot(root).render(
  <StrictMode>
    <Themed>
      {/* Choices stand in the URL: a box that is ticked has to be so at once, not when there is time for it. */}
      <BrowserRouter useTransitions={false}>
        <Clock>
          <SessionGate>
            <RefusedParameters>
              <App />
            </RefusedParameters>
          </SessionGate>
        </Clock>
      </BrowserRouter>
    </Themed>
  </StrictMode>,
)
