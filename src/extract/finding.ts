import type { Series } from '../domain/samples.js'
import { HOUR_SECONDS, type Window, windowEnd } from '../domain/window.js'
import { identityLabels, type Source, sourceMatchers } from './ask.js'

/** One thing that was looked at. `fail` means that something essential is wrong. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'warn' | 'fail'
  readonly check: string
  readonly detail: string
}

const MOST_NAMED = 5

/** The series of one expression in one window; `of` is given the identity labels and the matchers. */
export async function askWindow(
  source: Source,
  window: Window,
  of: (identity: string, matchers: string) => string,
): Promise<readonly Series[]> {
  const answer = await source.client.queryRange({
    account: source.account,
    expression: of(identityLabels(source), sourceMatchers(source)),
    start: windowEnd(window),
    end: windowEnd(window),
    step: HOUR_SECONDS,
    ...(source.signal ? { signal: source.signal } : {}),
  })
  return answer.series
}

/** The first few of some names, and how many more there are. */
export function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(', ')
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown
}
