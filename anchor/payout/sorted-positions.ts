import { compareBytes } from './payout-node-hash.ts'

/** Below so many rows comparing them costs less than counting their digits. */
const COUNT_FROM = 512
/** A word of 32 bits is sorted by digits of 11, 11 and 10. */
const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS
const WORD_BYTES = 4

/**
 * Positions 0, 1, … of the rows, sorted by the first `keyBytes` bytes of each; equal ones stay in their order.
 *
 * A radix sort: rows are counted out by their first four bytes, and what is equal in those by the next four, so that rows that
 * begin alike, by chance or on purpose, cost no more than a few passes.
 *
 * @param keyBytes a multiple of 4
 */
export function sortedPositions(rows: Uint8Array, rowBytes: number, keyBytes: number, count: number): Uint32Array {
  const positions = inOrder(count)
  new Sorter(rows, rowBytes, keyBytes, positions).sort()
  return positions
}

/** 0, 1, … count − 1. */
export function inOrder(count: number): Uint32Array {
  const positions = new Uint32Array(count)
  for (let position = 0; position < count; position++) positions[position] = position
  return positions
}

/** Whether each row's first `keyBytes` bytes are above those of the row before. */
export function isAscending(rows: Uint8Array, rowBytes: number, keyBytes: number, count: number): boolean {
  for (let row = 1; row < count; row++) {
    if (compareBytes(rows, (row - 1) * rowBytes, rows, row * rowBytes, keyBytes) >= 0) return false
  }
  return true
}

/** Positions from `from` to below `to`, whose rows begin with the same `at` bytes. */
interface Range {
  readonly from: number
  readonly to: number
  readonly at: number
}

class Sorter {
  readonly #rows: Uint8Array
  readonly #view: DataView
  readonly #rowBytes: number
  readonly #keyBytes: number
  readonly #positions: Uint32Array
  readonly #words: Uint32Array
  readonly #spare: Words

  constructor(rows: Uint8Array, rowBytes: number, keyBytes: number, positions: Uint32Array) {
    this.#rows = rows
    this.#view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
    this.#rowBytes = rowBytes
    this.#keyBytes = keyBytes
    this.#positions = positions
    this.#words = new Uint32Array(positions.length)
    this.#spare = { positions: new Uint32Array(positions.length), words: new Uint32Array(positions.length) }
  }

  sort(): void {
    const waiting: Range[] = [{ from: 0, to: this.#positions.length, at: 0 }]
    for (let range = waiting.pop(); range !== undefined; range = waiting.pop()) {
      if (range.at === this.#keyBytes) continue
      if (range.to - range.from < COUNT_FROM) this.#compare(range)
      else this.#count(range, waiting)
    }
  }

  #compare({ from, to, at }: Range): void {
    const [rows, rowBytes, rest] = [this.#rows, this.#rowBytes, this.#keyBytes - at]
    this.#positions.subarray(from, to).sort((a, b) => {
      return compareBytes(rows, a * rowBytes + at, rows, b * rowBytes + at, rest)
    })
  }

  /** Sorts a range by its next word; what is equal in that goes on: at once when it is short, else when it is its turn. */
  #count({ from, to, at }: Range, waiting: Range[]): void {
    const [positions, words] = [this.#positions, this.#words]
    for (let i = from; i < to; i++) words[i] = this.#view.getUint32(positions[i]! * this.#rowBytes + at)
    sortByWord({ positions, words }, this.#spare, from, to)
    for (let start = from, end = from; start < to; start = end) {
      while (end < to && words[end] === words[start]) end++
      const equal = { from: start, to: end, at: at + WORD_BYTES }
      if (end - start >= COUNT_FROM) waiting.push(equal)
      else if (end - start > 1) this.#compare(equal)
    }
  }
}

interface Words {
  readonly positions: Uint32Array
  readonly words: Uint32Array
}

/** Sorts positions and their words from `from` to below `to`, by words. */
function sortByWord(own: Words, spare: Words, from: number, to: number): void {
  let [source, target] = [own, spare]
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const starts = startsOf(source.words, shift, from, to)
    for (let i = from; i < to; i++) {
      const word = source.words[i]!
      const digit = (word >>> shift) & (DIGITS - 1)
      const at = starts[digit]!++
      target.words[at] = word
      target.positions[at] = source.positions[i]!
    }
    ;[source, target] = [target, source]
  }
  // Three passes: the result lies in the spare arrays.
  own.positions.set(spare.positions.subarray(from, to), from)
  own.words.set(spare.words.subarray(from, to), from)
}

/** Where the rows of each digit begin. */
function startsOf(words: Uint32Array, shift: number, from: number, to: number): Uint32Array {
  const starts = new Uint32Array(DIGITS)
  for (let i = from; i < to; i++) starts[(words[i]! >>> shift) & (DIGITS - 1)]!++
  for (let digit = 0, at = from; digit < DIGITS; digit++) {
    const rows = starts[digit]!
    starts[digit] = at
    at += rows
  }
  return starts
}
