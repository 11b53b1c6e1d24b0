import { Component, type ReactNode } from 'react'
import { Button } from '../ui/button.js'
import { Notice } from '../ui/notice.js'
import { ViewHead } from '../ui/view-head.js'

interface State {
  readonly error: Error | null
}

interface Props {
  /** Of the view. */
  readonly title: string
  readonly children: ReactNode
}

/** Keeps a mistake of the page itself from leaving it blank. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: Error): State {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    if (isOldPage(error)) return <OldPage />
    const actions = <Button onClick={() => this.setState({ error: null })}>Show the view again</Button>
    return (
      <>
        <ViewHead title={this.props.title} />
        <div role="alert">
          <Notice kind="error" actions={actions}>
            <p>
              <strong>This view has failed.</strong> It is a mistake of the page, not of the numbers:{' '}
              {error.message}
            </p>
          </Notice>
        </div>
      </>
    )
  }
}

/** Whether a part of the page is not there any more, as after a new release; the words are the browsers' own. */
const isOldPage = ({ message }: Error): boolean =>
  /dynamically imported module|module script failed/i.test(message)

function OldPage() {
  return (
    <div role="alert">
      <Notice kind="warning" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
        This part of the page can’t be loaded. After a new release that is to be expected: reload the page and
        sign in again; the address keeps what you look at.
      </Notice>
    </div>
  )
}
