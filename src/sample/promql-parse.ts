import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import {
  AGGREGATES,
  ARITHMETIC,
  type Arithmetic,
  COMPARISONS,
  type Expr,
  OVER_TIME,
  type RangeExpr,
} from './promql-expr.js'
import { anchored, type Matcher, matcherOf } from './promql-matchers.js'
import { PromqlError, parseDuration, unquote } from './promql-text.js'

const DEFAULT_SUBQUERY_STEP = 60_000

/** Parses one of the forms that this server evaluates; everything else throws a `PromqlError` of type bad_data. */
export function parsePromql(text: string): Expr | RangeExpr {
  const top = parser.parse(text).topNode
  refuseBroken(top)
  const root = children(top)[0]
  if (!root) throw new PromqlError('bad_data', 'parse error: no expression found in input')
  return new Reader(text).any(root)
}

function refuseBroken(top: SyntaxNode): void {
  top.cursor().iterate(node => {
    if (node.type.isError)
      throw new PromqlError('bad_data', `1:${node.from + 1}: parse error: unexpected input`)
  })
}

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'LineComment') found.push(child)
  }
  return found
}

class Reader {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  any(node: SyntaxNode): Expr | RangeExpr {
    const [first, second, third] = children(node)
    switch (node.name) {
      case 'ParenExpr':
        return this.any(this.#required(first, node))
      case 'NumberDurationLiteral':
        return { kind: 'number', value: this.#number(node) }
      case 'VectorSelector':
        return { kind: 'selector', matchers: this.#matchers(node), offset: 0 }
      case 'MatrixSelector':
        return {
          kind: 'range',
          matchers: this.#matchers(this.#required(first, node)),
          range: this.#duration(this.#required(second, node)),
          offset: 0,
        }
      case 'SubqueryExpr':
        return {
          kind: 'subquery',
          inner: this.#instant(this.#required(first, node)),
          range: this.#duration(this.#required(second, node)),
          step: third ? this.#duration(third) : DEFAULT_SUBQUERY_STEP,
          offset: 0,
        }
      case 'OffsetExpr':
        return this.#offset(node)
      case 'FunctionCall':
        return this.#call(node)
      case 'AggregateExpr':
        return this.#aggregate(node)
      case 'BinaryExpr':
        return this.#binary(node)
      default:
        return this.#refuse(node)
    }
  }

  #instant(node: SyntaxNode): Expr {
    const found = this.any(node)
    if (found.kind === 'range' || found.kind === 'subquery') {
      throw new PromqlError(
        'bad_data',
        `1:${node.from + 1}: parse error: expected type instant vector, got range vector`,
      )
    }
    return found
  }

  #offset(node: SyntaxNode): Expr | RangeExpr {
    const [inner, , by] = children(node)
    const found = this.any(this.#required(inner, node))
    const text = this.#slice(this.#required(by, node)).replaceAll(/\s/g, '')
    const offset = text.startsWith('-') ? -parseDuration(text.slice(1)) : parseDuration(text)
    const takesOffset = found.kind === 'range' || found.kind === 'subquery' || found.kind === 'selector'
    return takesOffset && found.offset === 0 ? { ...found, offset } : this.#refuse(node)
  }

  #call(node: SyntaxNode): Expr {
    const name = this.#slice(this.#required(children(node)[0], node))
    const args = children(this.#required(node.getChild('FunctionCallBody'), node))
    if (name === 'label_replace') return this.#labelReplace(node, args)
    if (name === 'quantile_over_time') {
      const [share, range] = args
      const quantile = this.#instant(this.#required(share, node))
      if (args.length !== 2 || quantile.kind !== 'number') return this.#refuse(node)
      const of = this.#range(this.#required(range, node), name)
      return { kind: 'over_time', fn: name, of, quantile: quantile.value }
    }
    const [argument] = args
    if (args.length !== 1 || !argument) return this.#refuse(node)
    if (name === 'vector') {
      const value = this.#instant(argument)
      return value.kind === 'number' ? { kind: 'vector', value: value.value } : this.#refuse(argument)
    }
    if (name === 'timestamp') return { kind: 'timestamp', of: this.#instant(argument) }
    const fn = OVER_TIME.find(known => known === name)
    if (!fn) return this.#refuse(node)
    return { kind: 'over_time', fn, of: this.#range(argument, name) }
  }

  #range(node: SyntaxNode, name: string): RangeExpr {
    const of = this.any(node)
    if (of.kind === 'range' || of.kind === 'subquery') return of
    throw new PromqlError(
      'bad_data',
      `1:${node.from + 1}: parse error: expected type range vector in call to function "${name}", got instant vector`,
    )
  }

  #labelReplace(node: SyntaxNode, args: readonly SyntaxNode[]): Expr {
    const [of, to, replacement, from, pattern] = args
    if (args.length !== 5) return this.#refuse(node)
    const label = this.#string(to, node)
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) return this.#refuse(node)
    return {
      kind: 'label_replace',
      of: this.#instant(this.#required(of, node)),
      to: label,
      replacement: this.#string(replacement, node),
      from: this.#string(from, node),
      pattern: anchored(this.#string(pattern, node)),
    }
  }

  #string(node: SyntaxNode | undefined, within: SyntaxNode): string {
    const found = this.#required(node, within)
    return found.name === 'StringLiteral' ? unquote(this.#slice(found)) : this.#refuse(found)
  }

  #aggregate(node: SyntaxNode): Expr {
    const name = this.#slice(this.#required(node.getChild('AggregateOp'), node))
    const fn = AGGREGATES.find(known => known === name)
    const args = children(this.#required(node.getChild('FunctionCallBody'), node))
    const [argument] = args
    if (!fn || args.length !== 1 || !argument) return this.#refuse(node)
    const modifier = node.getChild('AggregateModifier')
    const names = modifier?.getChild('GroupingLabels')?.getChildren('LabelName') ?? []
    const grouping = {
      isWithout: modifier?.getChild('Without') !== null && modifier !== null,
      names: [...new Set(names.map(label => this.#slice(label)))].sort(),
    }
    return { kind: 'aggregate', fn, grouping, of: this.#instant(argument) }
  }

  #binary(node: SyntaxNode): Expr {
    const [left, operator, right, more] = children(node)
    if (!left || !operator || !right || more) return this.#refuse(node)
    const sign = this.#slice(operator)
    if (sign === 'or') return { kind: 'or', left: this.#instant(left), right: this.#instant(right) }
    const operation = ARITHMETIC.find(known => known === sign)
    if (operation) return this.#arithmetic(node, operation, this.#instant(left), this.#instant(right))
    const fn = COMPARISONS.find(known => known === sign)
    const limit = this.#instant(right)
    const vector = this.#instant(left)
    if (!fn || limit.kind !== 'number' || vector.kind === 'number') return this.#refuse(node)
    return { kind: 'compare', fn, left: vector, right: limit.value }
  }

  #arithmetic(node: SyntaxNode, fn: Arithmetic, left: Expr, right: Expr): Expr {
    if (left.kind === 'number' && right.kind === 'number') return this.#refuse(node)
    if (right.kind === 'number') return { kind: 'scale', fn, of: left, by: right.value, isReversed: false }
    if (left.kind === 'number') return { kind: 'scale', fn, of: right, by: left.value, isReversed: true }
    return { kind: 'arithmetic', fn, left, right }
  }

  #matchers(node: SyntaxNode): Matcher[] {
    const matchers: Matcher[] = []
    const name = node.getChild('Identifier')
    if (name) matchers.push(matcherOf('__name__', '=', this.#slice(name)))
    for (const child of children(node.getChild('LabelMatchers') ?? node)) {
      if (child.name === 'Identifier' || child.name === 'LabelMatchers') continue
      const [label, operator, value] = children(child)
      if (child.name !== 'UnquotedLabelMatcher' || !label || !operator || !value) return this.#refuse(child)
      matchers.push(matcherOf(this.#slice(label), this.#slice(operator), unquote(this.#slice(value))))
    }
    if (matchers.every(matcher => matcher.matches(''))) {
      throw new PromqlError(
        'bad_data',
        `1:${node.from + 1}: parse error: vector selector must contain at least one non-empty matcher`,
      )
    }
    return matchers
  }

  #duration(node: SyntaxNode): number {
    const duration = parseDuration(this.#slice(node))
    if (duration <= 0)
      throw new PromqlError('bad_data', `1:${node.from + 1}: parse error: duration must be greater than 0`)
    return duration
  }

  #number(node: SyntaxNode): number {
    const value = Number(this.#slice(node))
    return Number.isFinite(value) ? value : this.#refuse(node)
  }

  #slice(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to)
  }

  #required(node: SyntaxNode | null | undefined, within: SyntaxNode): SyntaxNode {
    return node ?? this.#refuse(within)
  }

  #refuse(node: SyntaxNode): never {
    throw new PromqlError(
      'bad_data',
      `1:${node.from + 1}: the sample server does not evaluate ${node.name} "${this.#slice(node).slice(0, 80)}"`,
    )
  }
}
