import { parser } from '@prometheus-io/lezer-promql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equals, noneOf, oneOf, quote } from '../../src/thanos/promql.js'

/** The node names of an expression and the texts of its string literals. */
function parse(expression: string): { nodes: string[]; strings: string[] } {
  const nodes: string[] = []
  const strings: string[] = []
  parser.parse(expression).iterate({
    enter: ({ name, from, to }) => {
      nodes.push(name)
      if (name === 'StringLiteral') strings.push(expression.slice(from, to))
    },
  })
  return { nodes, strings }
}

/** What Go makes of the escapes that `quote` writes. */
function unquote(literal: string): string {
  const escapes: Record<string, string> = { n: '\n', r: '\r', '\\': '\\', '"': '"', x00: '\0' }
  return literal
    .slice(1, -1)
    .replace(/\\(x00|.)/gs, (_all, code: string) => escapes[code] ?? 'unknown escape')
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\r', '\0', '}', '|', 'x') }),
)

describe('a label value', () => {
  it('becomes one string literal of that very value', () => {
    fc.assert(
      fc.property(anyText, value => {
        expect(unquote(quote(value))).toBe(value)
      }),
    )
  })

  it('becomes one matcher and nothing else, whatever it holds', () => {
    fc.assert(
      fc.property(anyText, value => {
        const { nodes, strings } = parse(`m{${equals('a', value)}}`)
        expect(nodes).not.toContain('⚠')
        expect(strings).toEqual([quote(value)])
      }),
    )
  })

  it('matches itself alone inside an alternation', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyText, { minLength: 1 }), anyText, (values, other) => {
        for (const matcher of [oneOf('a', values), noneOf('a', values)]) {
          const [literal = ''] = parse(`m{${matcher}}`).strings
          const pattern = new RegExp(`^(?:${unquote(literal)})$`, 's')
          expect(values.every(value => pattern.test(value))).toBe(true)
          expect(pattern.test(other)).toBe(values.includes(other))
        }
      }),
    )
  })
})
