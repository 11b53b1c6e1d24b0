import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { validate as isCronExpression } from 'node-cron'

/** What a variable's text means, or why it is refused: what was seen (never a secret) and what is expected. */
export type Parsed<T> = { readonly value: T } | { readonly seen: string; readonly expected: string }

const LARGEST_SECRET_CHARACTERS = 65_536
const LONGEST_QUOTE = 80

/** Text of a variable as it may stand in a message: one line, capped. */
function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text)
}

/** A whole number in decimal digits, `from` to `to` inclusive. */
export function integer(from: number, to: number): (text: string) => Parsed<number> {
  return text => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= from && value <= to) return { value }
    return { seen: quote(text), expected: `a whole number from ${from} to ${to}` }
  }
}

export function parsePort(text: string): Parsed<number> {
  if (!/^(tcp|udp|sctp):\/\//i.test(text)) return integer(0, 65_535)(text)
  return {
    seen: `${quote(text)}, which Kubernetes sets by itself for a Service of that name in the namespace`,
    expected: 'a port; set the variable in the pod, or switch off enableServiceLinks, or rename the Service',
  }
}

export function oneOf<const T extends string>(values: readonly T[]): (text: string) => Parsed<T> {
  return text => {
    const value = values.find(candidate => candidate === text)
    return value === undefined ? { seen: quote(text), expected: `one of ${values.join(', ')}` } : { value }
  }
}

export function matching(pattern: RegExp, expected: string): (text: string) => Parsed<string> {
  return text => (pattern.test(text) ? { value: text } : { seen: quote(text), expected })
}

export function parseCron(text: string): Parsed<string> {
  if (isCronExpression(text)) return { value: text }
  return { seen: quote(text), expected: 'a cron expression of five fields such as "10 * * * *"' }
}

export function parseHost(text: string): Parsed<string> {
  const isName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)
  if (isIP(text) !== 0 || isName) return { value: text }
  return { seen: quote(text), expected: 'an address or a host name without a port, such as 127.0.0.1 or ::' }
}

/** A URL whose every part may be shown: no user, password, query or fragment. */
export function parseHttpUrl(text: string): Parsed<string> {
  const expected = 'http:// or https:// with a host and, where needed, a port and a path'
  const url = URL.canParse(text) ? new URL(text) : undefined
  // Not quoted where it might be a secret that got into the wrong variable.
  if (url === undefined) return { seen: 'a text that is no URL', expected }
  if (url.username !== '' || url.password !== '') {
    return {
      seen: 'a URL that holds a user or password',
      expected: `${expected}; credentials have variables of their own`,
    }
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { seen: schemeSeen(text, url), expected }
  if (text.includes('?') || text.includes('#')) return { seen: 'a URL with a query or a fragment', expected }
  return { value: text }
}

/** A URL that holds a password, so nothing of it is shown but the scheme. */
export function secretUrl(schemes: readonly string[]): (text: string) => Parsed<string> {
  const expected = `a URL that begins with ${schemes.map(scheme => `${scheme}//`).join(' or ')}`
  return text => {
    if (!URL.canParse(text)) {
      return {
        seen: 'a text that is no URL (not shown, as it may hold a password)',
        expected: `${expected}; reserved characters of a password are percent-encoded`,
      }
    }
    const url = new URL(text)
    return schemes.includes(url.protocol) ? { value: text } : { seen: schemeSeen(text, url), expected }
  }
}

// What stands before the first colon is a scheme only where // follows; else it may be `user:password@host`.
function schemeSeen(text: string, { protocol }: URL): string {
  return text.startsWith(`${protocol}//`) ? `the scheme ${quote(protocol)}` : 'an address without a scheme'
}

export function parseSecret(text: string): Parsed<string> {
  if (!hasControlCharacters(text)) return { value: text }
  return { seen: 'a secret with a line break or control character in it', expected: 'a single line of text' }
}

/** A user name of basic authentication, which ends at the first colon. */
export function parseUsername(text: string): Parsed<string> {
  if (!text.includes(':')) return parseSecret(text)
  return { seen: 'a name with a colon', expected: 'a user name, which basic authentication ends at a colon' }
}

/** A secret that is sent as part of an HTTP header. */
export function parseHeaderSecret(text: string): Parsed<string> {
  if (/^[\x21-\x7e]+$/.test(text)) return { value: text }
  return {
    seen: 'a secret with a space, line break or character outside ASCII',
    expected: 'visible ASCII characters only',
  }
}

export function parseCaFile(path: string): Parsed<string> {
  const file = readText(path)
  if (!('value' in file)) return file
  if (file.value.includes('-----BEGIN CERTIFICATE-----')) return { value: path }
  return { seen: `the file ${quote(path)}, which holds no certificate`, expected: 'a PEM file' }
}

/** The secret in a file, without the white space around it. */
export function readSecretFile(path: string): Parsed<string> {
  const file = readText(path)
  if (!('value' in file)) return file
  const value = file.value.trim()
  const expected = 'a file that holds the secret and nothing else'
  if (value === '') return { seen: `the file ${quote(path)}, which is empty`, expected }
  if (value.length > LARGEST_SECRET_CHARACTERS)
    return { seen: `the file ${quote(path)}, which is too large`, expected }
  return { value }
}

function readText(path: string): Parsed<string> {
  try {
    return { value: readFileSync(path, 'utf8') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return {
      seen: `the file ${quote(path)}, which cannot be read (${code})`,
      expected: 'the path of a readable file',
    }
  }
}

function hasControlCharacters(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text)
}
