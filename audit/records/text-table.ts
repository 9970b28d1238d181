import type { Slice } from './usual-record.ts'

/** Slices that were looked up last, by a few of their bits: most records repeat the texts of those before. */
const RECENT = 64

interface RecentSlice {
  readonly bytes: Buffer
  readonly number: number
}

/** Numbers for texts that stand in many records: sources, models, accounts. They count up from 0 and are never taken back. */
export class TextTable {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #decode: (bytes: Buffer, start: number, end: number) => string
  readonly #recent: (RecentSlice | undefined)[] = new Array(RECENT).fill(undefined)

  /** @param decode text of a slice of bytes; equal bytes give equal texts */
  constructor(decode: (bytes: Buffer, start: number, end: number) => string) {
    this.#decode = decode
  }

  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#texts.push(text)
    this.#numbers.set(text, this.#texts.length - 1)
    return this.#texts.length - 1
  }

  numberOfBytes(bytes: Buffer, start: number, end: number): number {
    const slot = ((end - start) * 7 + (bytes[end - 1] ?? 0)) % RECENT
    const recent = this.#recent[slot]
    if (recent !== undefined && isSame(recent.bytes, bytes, start, end)) return recent.number
    const number = this.numberOf(this.#decode(bytes, start, end))
    this.#recent[slot] = { bytes: Buffer.from(bytes.subarray(start, end)), number }
    return number
  }

  textOf(number: number): string {
    return this.#texts[number]!
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== known.length) return false
  for (let i = start; i < end; i++) if (bytes[i] !== known[i - start]) return false
  return true
}

/** Texts of ASCII; others come as text. */
export function asciiTexts(): TextTable {
  return new TextTable((bytes, start, end) => bytes.toString('latin1', start, end))
}

/** Addresses, as 0x-hex. */
export function addresses(): TextTable {
  return new TextTable((bytes, start, end) => `0x${bytes.toString('hex', start, end)}`)
}

/** Number of the text of a slice. */
export function numberIn(texts: TextTable, { bytes, start, end }: Slice): number {
  return texts.numberOfBytes(bytes, start, end)
}

/** Texts that records share. */
export interface Texts {
  /** Sources, models, feature maps, infrastructure, agents, price lists, units. */
  readonly names: TextTable
  /** As 0x-hex. */
  readonly accounts: TextTable
}
