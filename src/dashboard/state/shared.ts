import { readFilters, writeFilters } from './filters.js'

/** What a link to another view takes along: account, range and filters. What steers one view alone stays with it. */
export function sharedBy(params: URLSearchParams): URLSearchParams {
  const shared = new URLSearchParams()
  for (const name of ['account', 'range']) for (const value of params.getAll(name)) shared.append(name, value)
  return writeFilters(shared, readFilters(params))
}
