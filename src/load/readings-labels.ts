import type { Series } from '../domain/samples.js'
import { type ByteReader, ByteWriter } from './readings-bytes.js'

type SeriesLabels = Series['labels']

/** Labels by the numbers of their texts; those that have the same names in the same order share a shape. */
interface NumberedSet {
  readonly shape: number
  readonly values: readonly number[]
}

/** Numbers the texts and label sets of a batch, looking at each series once however many windows it is in. */
export class LabelBook {
  readonly #numberOfText = new Map<string, number>()
  readonly #numberOfShape = new Map<string, number>()
  readonly #numberOfSet = new Map<string, number>()
  readonly #numberOfLabels = new Map<SeriesLabels, number>()
  readonly texts: string[] = []
  /** Names of labels. */
  readonly shapes: (readonly number[])[] = []
  readonly sets: NumberedSet[] = []

  numberOf(labels: SeriesLabels): number {
    const known = this.#numberOfLabels.get(labels)
    if (known !== undefined) return known
    const names = Array.from(labels.keys(), name => this.text(name))
    const values = Array.from(labels.values(), value => this.text(value))
    const shape = numbered(this.#numberOfShape, names.join(), () => this.shapes.push(names))
    const number = numbered(this.#numberOfSet, `${shape}:${values.join()}`, () =>
      this.sets.push({ shape, values }),
    )
    this.#numberOfLabels.set(labels, number)
    return number
  }

  text(text: string): number {
    return numbered(this.#numberOfText, text, () => this.texts.push(text))
  }
}

/** The number of an item, which `add` appends to its list where it has none yet. */
function numbered(numbers: Map<string, number>, key: string, add: () => number): number {
  const known = numbers.get(key)
  if (known !== undefined) return known
  const number = add() - 1
  numbers.set(key, number)
  return number
}

/** Those texts and sets of a book that one window uses, numbered anew in the order of their first use. */
export class LabelPages {
  readonly #book: LabelBook
  readonly #texts = new Renumbering()
  readonly #shapes = new Renumbering()
  readonly #sets = new Renumbering()

  constructor(book: LabelBook) {
    this.#book = book
  }

  text(text: string): number {
    return this.#texts.of(this.#book.text(text))
  }

  set(number: number): number {
    return this.#sets.of(number)
  }

  /** Texts, then the lists of names that occur, then each set as the number of its list and its values. */
  write(writer: ByteWriter): void {
    const body = new ByteWriter()
    body.count(this.#sets.order.length)
    for (const number of this.#sets.order) {
      const { shape, values } = at(this.#book.sets, number)
      body.count(this.#shapes.of(shape))
      for (const value of values) body.count(this.#texts.of(value))
    }
    const shapes = new ByteWriter()
    shapes.count(this.#shapes.order.length)
    for (const shape of this.#shapes.order) {
      const names = at(this.#book.shapes, shape)
      shapes.count(names.length)
      for (const name of names) shapes.count(this.#texts.of(name))
    }
    writer.count(this.#texts.order.length)
    for (const text of this.#texts.order) writer.text(at(this.#book.texts, text))
    writer.append(shapes)
    writer.append(body)
  }
}

/** Gives numbers new ones from 0 on, in the order in which they are asked for. */
class Renumbering {
  readonly #numbers = new Map<number, number>()
  readonly order: number[] = []

  of(number: number): number {
    const known = this.#numbers.get(number)
    if (known !== undefined) return known
    const renumbered = this.order.push(number) - 1
    this.#numbers.set(number, renumbered)
    return renumbered
  }
}

/** What `LabelPages` wrote. */
export function readPages(reader: ByteReader): {
  text: (number: number) => string
  labels: (number: number) => SeriesLabels
} {
  const texts = reader.list(() => reader.text())
  const text = (number: number) => at(texts, number)
  const shapes = reader.list(() => reader.list(() => text(reader.count())))
  const sets = reader.list(
    () => new Map(at(shapes, reader.count()).map(name => [name, text(reader.count())])),
  )
  return { text, labels: number => at(sets, number) }
}

function at<T>(list: readonly T[], number: number): T {
  const item = list[number]
  if (item === undefined) throw new RangeError('a number names nothing')
  return item
}
