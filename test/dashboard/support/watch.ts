import type { BrowserContext, ConsoleMessage, Page } from 'playwright-core'

/** What went wrong in a browser's context, as it came. */
export interface Watch {
  /** Errors of the console and of scripts, violations of the content security policy, requests that failed or left the origin. */
  readonly complaints: string[]
  /** Every URL that was asked for, with its method. */
  readonly requests: string[]
}

const REPORT = 'reportPolicyViolation'

// Text, as it runs in the browser.
const LISTEN = `addEventListener('securitypolicyviolation', event => {
  globalThis.${REPORT}(event.effectiveDirective + ' ' + (event.blockedURI || event.sample))
})`

/** Watches all pages of a context from their beginning on. */
export async function watch(context: BrowserContext, origin: string): Promise<Watch> {
  const complaints: string[] = []
  const requests: string[] = []
  await context.exposeBinding(REPORT, (_source, what: string) => void complaints.push(`policy: ${what}`))
  await context.addInitScript(LISTEN)
  context.on('console', message => {
    if (isComplaint(message)) complaints.push(`console: ${message.text()}`)
  })
  context.on('weberror', error => void complaints.push(`script: ${error.error().message}`))
  context.on('request', request => {
    requests.push(`${request.method()} ${request.url()}`)
    const { protocol } = new URL(request.url())
    const isOwn = new URL(request.url()).origin === origin || protocol === 'data:' || protocol === 'blob:'
    if (!isOwn) complaints.push(`foreign: ${request.url()}`)
  })
  context.on('requestfailed', request => {
    // What the page itself doesn't want any more is no failure.
    const why = request.failure()?.errorText
    if (why !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()} ${why}`)
  })
  return { complaints, requests }
}

const isComplaint = (message: ConsoleMessage): boolean => ['error', 'warning'].includes(message.type())

/** Pixels by which the page is wider than its window. */
export async function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
