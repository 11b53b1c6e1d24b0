import { text, whole } from './fields.js'

/** A page of rows as the URL has it: the API's cursor, empty for the first page, and the number of rows before it. */
export interface PagePlace {
  readonly cursor: string
  readonly skipped: number
}

export const FIRST_PAGE: PagePlace = { cursor: '', skipped: 0 }

/** The fields of a view that has one table with pages. */
export const PAGE_FIELDS = { cursor: text, skipped: whole(0, 0, 999_999_999) }

/** A view with two tables has fields of these names with a word before them for the second one. */
const IS_OF_PAGE = /(?:^|_)(?:cursor|skipped)$/

/** The URL's parameters with every table at its first page: a page belongs to the question that it is an answer of. */
export function atFirstPages(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => !IS_OF_PAGE.test(name)))
}
