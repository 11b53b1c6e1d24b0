import { readFilters, writeFilters } from './filters.js'

/** What holds for the whole page, of whatever its parts are filtered by. */
export function accountAndRange(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => name === 'account' || name === 'range'))
}

/** What a link to another view takes along: account, range and filters. What steers one view alone stays with it. */
export function sharedBy(params: URLSearchParams): URLSearchParams {
  return writeFilters(accountAndRange(params), readFilters(params))
}
