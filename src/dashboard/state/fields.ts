/** One value of a view as it stands in the URL. */
export interface Field<T> {
  /** Where the URL has nothing; not written into it. */
  readonly fallback: T
  /** Undefined for what it can't be. */
  parse(values: readonly string[]): T | undefined
  print(value: T): readonly string[]
}

/** Fields by the name of their parameter. */
export type Fields = Readonly<Record<string, Field<unknown>>>

export type StateOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** One of some words. */
export function choice<const T extends string>(words: readonly T[], fallback: NoInfer<T>): Field<T> {
  return {
    fallback,
    parse: ([text]) => words.find(word => word === text),
    print: value => [value],
  }
}

/** Some of some words, in their order there. */
export function choices<const T extends string>(words: readonly T[]): Field<readonly T[]> {
  return {
    fallback: [],
    parse: values =>
      values.every(value => words.some(word => word === value))
        ? words.filter(word => values.includes(word))
        : undefined,
    print: value => value,
  }
}

/** `name=1` or absent. */
export const flag: Field<boolean> = {
  fallback: false,
  parse: ([text]) => (text === '1' ? true : undefined),
  print: isSet => (isSet ? ['1'] : []),
}

/** Any text; empty where there is none. */
export const text: Field<string> = {
  fallback: '',
  parse: ([value]) => value,
  print: value => (value === '' ? [] : [value]),
}

/** A whole number within bounds. */
export function whole(fallback: number, least: number, most: number): Field<number> {
  return {
    fallback,
    parse: ([digits]) => {
      const value = digits !== undefined && /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN
      return value >= least && value <= most ? value : undefined
    },
    print: value => [String(value)],
  }
}

/** Texts in their order, each once. */
export const texts: Field<readonly string[]> = {
  fallback: [],
  parse: values => [...new Set(values)],
  print: values => values,
}

/** An amount that is not negative, `2.5`; null where there is none. */
export const amount: Field<number | null> = {
  fallback: null,
  parse: ([digits]) =>
    digits !== undefined && /^\d{1,9}(\.\d{1,6})?$/.test(digits) ? Number(digits) : undefined,
  print: value => (value === null ? [] : [String(value)]),
}

/** What the URL says, and the names of the parameters that can't be what it says: these have their fallback. */
export function readState<F extends Fields>(
  fields: F,
  params: URLSearchParams,
): { readonly state: StateOf<F>; readonly refused: readonly string[] } {
  const refused: string[] = []
  const entries = Object.entries(fields).map(([name, field]) => {
    const values = params.getAll(name)
    if (values.length === 0) return [name, field.fallback]
    const value = field.parse(values)
    if (value === undefined) refused.push(name)
    return [name, value ?? field.fallback]
  })
  return { state: Object.fromEntries(entries) as StateOf<F>, refused }
}

/** The URL's parameters with some values changed; what equals its fallback is left out, what is no field stays. */
export function writeState<F extends Fields>(
  fields: F,
  params: URLSearchParams,
  changes: Partial<StateOf<F>>,
): URLSearchParams {
  const written = new URLSearchParams(params)
  for (const [name, value] of Object.entries(changes)) {
    const field = fields[name]
    if (field === undefined) continue
    written.delete(name)
    const printed = field.print(value)
    if (same(printed, field.print(field.fallback))) continue
    for (const one of printed) written.append(name, one)
  }
  return written
}

const same = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((value, index) => value === right[index])
