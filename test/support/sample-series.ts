import type { Estate } from '../../src/sample/estate.js'
import { eachSample, type SeriesModel } from '../../src/sample/series.js'

/** The series of an account that have this name and these labels; '' stands for a label that is not there. */
export function find(
  of: Estate,
  account: string,
  name: string,
  labels: Record<string, string> = {},
): SeriesModel[] {
  return of
    .series(account)
    .filter(
      series =>
        series.labels.get('__name__') === name &&
        Object.entries(labels).every(([label, value]) => (series.labels.get(label) ?? '') === value),
    )
}

/** Samples in `[from, to)`, Unix seconds. */
export function samples(
  series: SeriesModel | undefined,
  from: number,
  to: number,
): { t: number; value: number }[] {
  const found: { t: number; value: number }[] = []
  if (series) eachSample(series, from, to, (t, value) => found.push({ t, value }))
  return found
}
