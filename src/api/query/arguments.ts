import { type ApiCode, ApiError } from '../errors.js'

/** Query arguments as parsed from the URL: text, or a list where a name is repeated. */
export type RawArguments = Readonly<Record<string, unknown>>

/** Which error wins where several arguments are wrong: the first of these codes, as in CloudTuner's own handlers. */
const PRECEDENCE: readonly ApiCode[] = [
  'OE0216',
  'OE0217',
  'OE0223',
  'OE0224',
  'OE0446',
  'OE0515',
  'OE0473',
  'OE0212',
]

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

// PostgreSQL has no such character in any text, so it can match nothing.
const HOLDS_NULL = 'it holds a null character'

const MOST_SHOWN = 60

interface ChoiceOptions<T> {
  readonly fallback: T | undefined
  readonly isOptional: boolean
  /** A code of its own, with the value as its parameter, instead of OE0217 with the name. */
  readonly refusal: ApiCode | undefined
}

/**
 * Reads the arguments of one request and collects what is wrong with them, so that the error that wins does not
 * depend on the order of reading. Reading returns a stand-in for what is wrong; `finish` then throws.
 */
export class ArgumentReader {
  readonly #given: RawArguments
  readonly #known = new Set<string>()
  readonly #problems: ApiError[] = []

  constructor(given: RawArguments) {
    this.#given = given
  }

  refuse(code: ApiCode, params: readonly (string | number)[], detail?: string): void {
    this.#problems.push(new ApiError(code, params, detail === undefined ? {} : { detail }))
  }

  /**
   * An integer within bounds, both included; `fallback` where it is not given, which is refused without one unless it
   * is optional: then undefined.
   */
  integer(
    name: string,
    bounds: { min: number; max: number; fallback?: number; isOptional?: boolean },
  ): number | undefined {
    const standIn = bounds.fallback ?? bounds.min
    if (this.#values(name).join('') === '' && bounds.fallback === undefined) {
      if (bounds.isOptional === true && this.#values(name).length === 0) return undefined
      this.refuse('OE0216', [name])
      return standIn
    }
    const text = this.#single(name)
    if (text === undefined) return standIn
    if (!NUMBER.test(text)) {
      this.refuse('OE0217', [name], `${shown(text)} is not a number`)
      return standIn
    }
    if (!/^[+-]?\d+$/.test(text)) {
      this.refuse('OE0223', [name])
      return standIn
    }
    return this.#within(name, Number(text), bounds) ?? standIn
  }

  /** A number within bounds, both included unless it has to be above the lower; undefined where it is not given. */
  number(name: string, bounds: { min: number; max: number; isAboveMin?: boolean }): number | undefined {
    const text = this.#single(name)
    if (text === undefined) return undefined
    if (NUMBER.test(text)) return this.#within(name, Number(text), bounds)
    this.refuse('OE0217', [name], `${shown(text)} is not a number`)
    return undefined
  }

  /** `true` or `false` in any case; the fallback where it is not given. */
  boolean<T extends boolean | undefined>(name: string, fallback: T): boolean | T {
    const text = this.#single(name)?.toLowerCase()
    if (text === undefined) return fallback
    if (text !== 'true' && text !== 'false')
      this.refuse('OE0217', [name], `${shown(text)} is not true or false`)
    return text === 'true'
  }

  /** One of the allowed values; the fallback where it is not given, which is refused without one unless optional. */
  choice<T extends string>(
    name: string,
    allowed: readonly T[],
    { fallback, isOptional, refusal }: ChoiceOptions<T>,
  ): T | undefined {
    const text = this.#single(name)
    if (text === undefined) {
      const isMissing = fallback === undefined && !isOptional && this.#values(name).length === 0
      if (isMissing) this.refuse('OE0216', [name])
      return fallback
    }
    const value = allowed.find(candidate => candidate === text)
    if (value === undefined) {
      const params = refusal === undefined ? [name] : [text.slice(0, MOST_SHOWN)]
      this.refuse(refusal ?? 'OE0217', params, `${shown(text)} is not one of ${allowed.join(', ')}`)
    }
    return value ?? fallback
  }

  /** Free text; undefined where it is not given, which is refused unless it is optional. */
  text(name: string, { isOptional }: { isOptional: boolean }): string | undefined {
    if (!isOptional && this.#values(name).length === 0) this.refuse('OE0216', [name])
    const text = this.#single(name)
    if (text?.includes('\0')) this.refuse('OE0217', [name], HOLDS_NULL)
    return text
  }

  /** The given names that begin with a prefix. */
  namesFrom(prefix: string): string[] {
    return Object.keys(this.#given).filter(name => name.startsWith(prefix))
  }

  /** All values of a name that may be repeated. */
  list(name: string): string[] {
    const values = this.#values(name)
    for (const value of values) {
      if (value === '') this.refuse('OE0217', [name], 'it is empty; leave the parameter out')
      if (value.includes('\0')) this.refuse('OE0217', [name], HOLDS_NULL)
    }
    return values
  }

  /** Throws the error that wins; also for names that nothing has asked for. */
  finish(): void {
    const unexpected = Object.keys(this.#given).filter(name => !this.#known.has(name))
    if (unexpected.length > 0) this.refuse('OE0212', [unexpected.join(', ')])
    const rank = (problem: ApiError) => PRECEDENCE.indexOf(problem.code)
    const first = this.#problems.toSorted((a, b) => rank(a) - rank(b))[0]
    if (first !== undefined) throw first
  }

  #within(
    name: string,
    value: number,
    { min, max, isAboveMin = false }: { min: number; max: number; isAboveMin?: boolean },
  ): number | undefined {
    if (value >= min && value <= max && !(isAboveMin && value === min)) return value
    this.refuse('OE0224', [name, min, max])
    return undefined
  }

  #single(name: string): string | undefined {
    const [value, ...more] = this.#values(name)
    if (more.length > 0) {
      this.refuse('OE0217', [name], `it is given ${more.length + 1} times; give it once`)
      return undefined
    }
    return value
  }

  #values(name: string): string[] {
    this.#known.add(name)
    const value = Object.hasOwn(this.#given, name) ? this.#given[name] : undefined
    if (value === undefined) return []
    return Array.isArray(value) ? value.map(String) : [String(value)]
  }
}

/** A value as an error quotes it: on one line and not at any length. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)
}
