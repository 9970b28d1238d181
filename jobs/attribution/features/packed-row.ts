import type { FactoredRows } from '../rows.ts'

/** What a recorded features event says of a row of kind `factored`. */
export interface FactoredRow {
  /** rank signed bytes. */
  readonly factors: Uint8Array
  readonly multiplier: number
  readonly label: number
  /** classes values, thousandths. */
  readonly probabilities: readonly number[]
  /** checkpoints × classes values, thousandths. */
  readonly checkpoints: readonly number[]
}

const WORD = 2

/** A row as the warehouse keeps it: multiplier, label, probabilities, checkpoints as 16-bit little-endian, then the factors. */
export function packRow(row: FactoredRow): Uint8Array {
  const words = [row.multiplier, row.label, ...row.probabilities, ...row.checkpoints]
  const packed = Buffer.alloc(words.length * WORD + row.factors.length)
  for (const [at, word] of words.entries()) packed.writeUInt16LE(word, at * WORD)
  packed.set(row.factors, words.length * WORD)
  return packed
}

export interface FactoredShape {
  readonly rank: number
  readonly classes: number
  readonly checkpointCount: number
}

/** Rows of zeros, in memory that threads can share. */
export function allocateFactoredRows(count: number, { rank, classes, checkpointCount }: FactoredShape): FactoredRows {
  const shared = (bytes: number) => new SharedArrayBuffer(bytes)
  return {
    kind: 'factored',
    count,
    rank,
    classes,
    checkpointCount,
    factors: new Int8Array(shared(count * rank)),
    multipliers: new Uint16Array(shared(count * WORD)),
    probabilities: new Uint16Array(shared(count * classes * WORD)),
    checkpoints: new Uint16Array(shared(count * checkpointCount * classes * WORD)),
    labels: new Uint16Array(shared(count * WORD)),
  }
}

/** Reads what {@link packRow} wrote into row `at`. */
export function unpackRow(packed: Uint8Array, rows: FactoredRows, at: number): void {
  const { rank, classes, checkpointCount } = rows
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  let next = 0
  const word = () => {
    const value = view.getUint16(next, true)
    next += WORD
    return value
  }
  rows.multipliers[at] = word()
  rows.labels[at] = word()
  for (let c = 0; c < classes; c++) rows.probabilities[at * classes + c] = word()
  const members = checkpointCount * classes
  for (let c = 0; c < members; c++) rows.checkpoints[at * members + c] = word()
  const { buffer, byteOffset } = packed
  rows.factors.set(new Int8Array(buffer, byteOffset + next, rank), at * rank)
}
