import type { DuckDBBlobValue, DuckDBListValue, DuckDBValue } from '@duckdb/node-api'
import { AMOUNT_LIMIT } from '../../../schemas/limits.ts'
import { FeatureFileError } from './errors.ts'
import { ADDRESS, TEXT_MAX } from './feature-files.ts'

/** The values of one row, read with their ranges. */
export class Cells {
  readonly row: number
  readonly #file: string
  readonly #places: ReadonlyMap<string, number>
  readonly #values: readonly DuckDBValue[]

  constructor(file: string, places: ReadonlyMap<string, number>, values: readonly DuckDBValue[], row: number) {
    this.row = row
    this.#file = file
    this.#places = places
    this.#values = values
  }

  fail(column: string, problem: string): never {
    throw new FeatureFileError(problem, { file: this.#file, column, row: this.row + 1 })
  }

  text(column: string): string {
    const value = this.#value(column)
    const text = typeof value === 'string' ? value : ''
    if (text === '' || text.length > TEXT_MAX) this.fail(column, `a text of 1 to ${TEXT_MAX} characters was expected.`)
    return text
  }

  /** Addresses are the same in either case. */
  account(column: string): string {
    const text = this.text(column)
    return ADDRESS.test(text) ? text.toLowerCase() : text
  }

  amount(column: string): bigint {
    const text = this.text(column)
    const amount = /^\d{1,29}$/.test(text) ? BigInt(text) : AMOUNT_LIMIT
    if (amount >= AMOUNT_LIMIT) this.fail(column, `an amount from 0 to 2^96 − 1 was expected, found ${text}.`)
    return amount
  }

  integer(column: string, most: number): number {
    const value = this.#value(column)
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
      this.fail(column, `a whole number from 0 to ${most} was expected, found ${value}.`)
    return value
  }

  /** 0 where the column was left out. */
  flag(column: string): 0 | 1 {
    if (!this.#places.has(column)) return 0
    const value = this.#value(column)
    if (typeof value !== 'boolean') this.fail(column, 'true or false was expected.')
    return value ? 1 : 0
  }

  /** Whole numbers: a list, or a BLOB of signed bytes or of unsigned 16-bit little-endian. */
  vector(column: string, blob: 'int8' | 'uint16', least: number, most: number): ArrayLike<number> {
    const value = this.#value(column)
    const values = isBlob(value) ? this.#ofBlob(column, value.bytes, blob) : (value as DuckDBListValue | null)?.items
    if (values === undefined) this.fail(column, 'a value was expected.')
    for (let at = 0; at < values.length; at++) {
      const entry = values[at]
      if (typeof entry !== 'number' || entry < least || entry > most)
        this.fail(column, `entry ${at + 1} must lie in [${least}, ${most}], found ${entry}.`)
    }
    return values as ArrayLike<number>
  }

  #ofBlob(column: string, bytes: Uint8Array, kind: 'int8' | 'uint16'): ArrayLike<number> {
    if (kind === 'int8') return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    if (bytes.length % 2 !== 0) this.fail(column, `${bytes.length} bytes are no 16-bit numbers.`)
    // A BLOB may begin at an odd address.
    const values = new Uint16Array(bytes.length / 2)
    for (let at = 0; at < values.length; at++) values[at] = bytes[2 * at]! + 256 * bytes[2 * at + 1]!
    return values
  }

  #value(column: string): DuckDBValue {
    return this.#values[this.#places.get(column)!]!
  }
}

function isBlob(value: DuckDBValue | undefined): value is DuckDBBlobValue {
  return (value as DuckDBBlobValue | null)?.bytes instanceof Uint8Array
}
