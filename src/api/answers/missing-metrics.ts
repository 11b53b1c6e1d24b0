import { EXPECTED_METRICS, type ExpectedMetric, REMOTE_WRITE_KEEP } from '../../domain/expected-metrics.js'
import type { MissingMetric } from '../schemas/status.js'

/** What the loader said about windows that lack something of the source. */
export interface SaidMissing {
  /** `<part>_not_<why>`, or missing_series for windows that were refused for it. */
  readonly code: string
  readonly detail: string | null
  /** Start of the first of the windows, Unix seconds. */
  readonly since: number
  readonly windows: number
}

/** Code of windows that are not loaded because series are absent that cost depends on. */
export const MISSING_SERIES = 'missing_series'

/** The loader names the series in its sentence: one entry per fact of the source that is absent, or per part. */
export function missingMetrics(said: readonly SaidMissing[]): MissingMetric[] {
  return said.flatMap<MissingMetric>(({ code, detail, since, windows }) => {
    const part = code === MISSING_SERIES ? null : code.slice(0, code.indexOf('_not_'))
    const absent = namedIn(detail ?? '')
    if (absent.length === 0) return [{ metric: null, part, since, windows, hint: detail ?? code }]
    return absent.map(metric => ({
      metric: metric.names.join(' or '),
      part,
      since,
      windows,
      hint: hintOf(metric, detail ?? code),
    }))
  })
}

function namedIn(detail: string): ExpectedMetric[] {
  const words = new Set(detail.match(/[A-Za-z_:][A-Za-z0-9_:]*/g) ?? [])
  return EXPECTED_METRICS.filter(({ names }) => names.some(name => words.has(name)))
}

function hintOf({ names, lost }: ExpectedMetric, detail: string): string {
  const [name = ''] = names
  return `${detail}. Without it: ${lost}. Either the exporter of ${name} is switched off or not scraped, or the remote-write filter drops it; a filter has to keep ${REMOTE_WRITE_KEEP}`
}
