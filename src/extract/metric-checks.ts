import { EXPECTED_METRICS, type ExpectedMetric, REMOTE_WRITE_KEEP } from '../domain/expected-metrics.js'
import type { Window } from '../domain/window.js'
import type { Source } from './ask.js'
import { askWindow, type Finding } from './finding.js'

const LEVELS = { essential: 'fail', recommended: 'warn', optional: 'note' } as const

/**
 * The expected metrics of one cluster in one window: the essential ones each, of the others those that are absent, with
 * what that costs and what would mend it.
 */
export async function checkMetrics(source: Source, window: Window): Promise<Finding[]> {
  const present = await presentMetrics(source, window)
  const isThere = ({ names }: ExpectedMetric) => names.some(name => present.has(name))
  const rest = EXPECTED_METRICS.filter(({ need }) => need !== 'essential')
  const absent = EXPECTED_METRICS.filter(metric => !isThere(metric))
  const findings = EXPECTED_METRICS.filter(metric => metric.need === 'essential' && isThere(metric)).map(
    ({ names }): Finding => ({
      level: 'ok',
      check: `metric ${names.join(' or ')}`,
      detail: `${names.map(name => present.get(name)).find(count => count !== undefined)} series`,
    }),
  )
  findings.push({
    level: 'ok',
    check: 'other metrics',
    detail: `${rest.filter(isThere).length} of ${rest.length} arrive`,
  })
  for (const { names, need, lost } of absent) {
    const detail = `absent: ${lost}. ${likelyCause(names, present)}`
    findings.push({ level: LEVELS[need], check: `metric ${names.join(' or ')}`, detail })
  }
  if (absent.some(({ names }) => isFamilyAbsent(names, present)))
    findings.push({
      level: 'note',
      check: 'remote write',
      detail: `a filter has to keep ${REMOTE_WRITE_KEEP}`,
    })
  return findings
}

async function presentMetrics(source: Source, window: Window): Promise<Map<string, number>> {
  const present = new Map<string, number>()
  const names = [...new Set(EXPECTED_METRICS.flatMap(metric => metric.names))]
  await Promise.all(
    names.map(async name => {
      const [found] = await askWindow(
        source,
        window,
        (identity, matchers) =>
          `count by (${identity}) (count_over_time(${name}{${matchers}}[1h] offset 1ms))`,
      )
      const count = found?.values[0]
      if (count !== undefined) present.set(name, count)
    }),
  )
  return present
}

/** A family that is wholly absent was most likely dropped on the way; a single member was most likely never scraped. */
function likelyCause(names: readonly string[], present: ReadonlyMap<string, number>): string {
  return isFamilyAbsent(names, present)
    ? 'None of its family arrives: the remote-write filter probably drops it'
    : 'Others of its family arrive: its exporter is probably switched off or not scraped'
}

function isFamilyAbsent(names: readonly string[], present: ReadonlyMap<string, number>): boolean {
  const prefix = (name: string) => name.slice(0, name.indexOf('_') + 1)
  return ![...present.keys()].some(name => prefix(name) === prefix(names[0] ?? ''))
}
