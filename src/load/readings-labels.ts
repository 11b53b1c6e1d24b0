import type { Series } from '../domain/samples.js'
import type { ByteReader, ByteWriter } from './readings-bytes.js'

type SeriesLabels = Series['labels']

/** A set of labels: the numbers of its names, then those of its values. */
type NumberedSet = readonly number[]

/** Numbers the texts and label sets of a batch, looking at each series once however many windows it is in. */
export class LabelBook {
  readonly #numberOfText = new Map<string, number>()
  readonly #numberOfSet = new Map<string, number>()
  readonly #numberOfLabels = new Map<SeriesLabels, number>()
  readonly texts: string[] = []
  readonly sets: NumberedSet[] = []

  numberOf(labels: SeriesLabels): number {
    const known = this.#numberOfLabels.get(labels)
    if (known !== undefined) return known
    const set = [...labels.keys(), ...labels.values()].map(text => this.text(text))
    const key = set.join()
    const number = this.#numberOfSet.get(key) ?? this.sets.push(set) - 1
    this.#numberOfSet.set(key, number)
    this.#numberOfLabels.set(labels, number)
    return number
  }

  text(text: string): number {
    const known = this.#numberOfText.get(text)
    if (known !== undefined) return known
    const number = this.texts.push(text) - 1
    this.#numberOfText.set(text, number)
    return number
  }
}

/** Those texts and sets of a book that one window uses, numbered anew in the order of their first use. */
export class LabelPages {
  readonly #book: LabelBook
  readonly #texts = new Map<number, number>()
  readonly #shapes = new Map<string, number>()
  readonly #sets = new Map<number, number>()

  constructor(book: LabelBook) {
    this.#book = book
  }

  text(text: string): number {
    return this.#renumbered(this.#book.text(text))
  }

  set(number: number): number {
    const known = this.#sets.get(number)
    if (known !== undefined) return known
    this.#sets.set(number, this.#sets.size)
    for (const text of this.#book.sets[number] ?? []) this.#renumbered(text)
    return this.#sets.size - 1
  }

  /** Texts, then the lists of names that occur, then each set as the number of its list and its values. */
  write(writer: ByteWriter): void {
    writer.count(this.#texts.size)
    for (const text of this.#texts.keys()) writer.text(this.#book.texts[text] ?? '')
    const sets = [...this.#sets.keys()].map(number => {
      const set = (this.#book.sets[number] ?? []).map(text => this.#renumbered(text))
      const names = set.slice(0, set.length / 2).join()
      const shape = this.#shapes.get(names) ?? this.#shapes.size
      this.#shapes.set(names, shape)
      return { shape, values: set.slice(set.length / 2) }
    })
    writer.count(this.#shapes.size)
    for (const names of this.#shapes.keys()) {
      const list = names === '' ? [] : names.split(',')
      writer.count(list.length)
      for (const name of list) writer.count(Number(name))
    }
    writer.count(sets.length)
    for (const { shape, values } of sets) {
      writer.count(shape)
      for (const value of values) writer.count(value)
    }
  }

  #renumbered(text: number): number {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#texts.set(text, this.#texts.size)
    return this.#texts.size - 1
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
