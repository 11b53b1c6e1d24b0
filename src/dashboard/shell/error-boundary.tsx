import { Component, type ReactNode } from 'react'
import { Button } from '../ui/button.js'
import { Notice } from '../ui/notice.js'

interface State {
  readonly error: Error | null
}

/** Keeps a mistake of the page itself from leaving it blank. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: Error): State {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    const actions = <Button onClick={() => this.setState({ error: null })}>Show the view again</Button>
    return (
      <div role="alert">
        <Notice kind="error" actions={actions}>
          <p>
            <strong>This view has failed.</strong> It is a mistake of the page, not of the numbers:{' '}
            {error.message}
          </p>
        </Notice>
      </div>
    )
  }
}
