import { digest } from './digest.ts'

/** 128 bits of a SHA-256: a second (source, id) with the same ones is not to be found. */
export const KEY_WORDS = 4
const LENGTH_BYTES = 4
const SLOTS_FIRST = 2 ** 12
const ENTRIES_FIRST = 2 ** 11

/** What used up an id. */
export interface IdEntry {
  /** Place of its event type in `DECISION_ORDER`. */
  readonly type: number
  /** Of a batch its number, of an inference that of its model's name, else 0. */
  readonly ref: number
}

/**
 * All (source, id) that an accepted record used up, each with 128 bits of its value's hash: open addressing over typed arrays,
 * 37 bytes an id and 5 to 11 for its slot, and up to twice that while it grows.
 */
export class IdTable {
  #slots = new Uint32Array(SLOTS_FIRST)
  #keys = new Uint32Array(ENTRIES_FIRST * KEY_WORDS)
  #values = new Uint32Array(ENTRIES_FIRST * KEY_WORDS)
  #types = new Uint8Array(ENTRIES_FIRST)
  #refs = new Uint32Array(ENTRIES_FIRST)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @returns the entry's number, or −1 */
  find(keys: Uint32Array, at: number): number {
    return this.#slots[this.#slotOf(keys, at)]! - 1
  }

  /**
   * @param keys   its key stands at `keyAt`; it must not be there yet
   * @param values its value's hash stands at `valueAt`
   * @returns      its number: they count up from 0
   */
  add(keys: Uint32Array, keyAt: number, values: Uint32Array, valueAt: number, { type, ref }: IdEntry): number {
    if (this.#size === this.#types.length) this.#growEntries()
    if (this.#size * 4 >= this.#slots.length * 3) this.#growSlots()
    const entry = this.#size++
    for (let word = 0; word < KEY_WORDS; word++) {
      this.#keys[entry * KEY_WORDS + word] = keys[keyAt + word]!
      this.#values[entry * KEY_WORDS + word] = values[valueAt + word]!
    }
    this.#types[entry] = type
    this.#refs[entry] = ref
    this.#slots[this.#slotOf(keys, keyAt)] = entry + 1
    return entry
  }

  typeOf(entry: number): number {
    return this.#types[entry]!
  }

  refOf(entry: number): number {
    return this.#refs[entry]!
  }

  hasValue(entry: number, values: Uint32Array, at: number): boolean {
    return areEqual(this.#values, entry * KEY_WORDS, values, at)
  }

  /** The slot of the key, or the empty one where it belongs. */
  #slotOf(keys: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1
    for (let slot = keys[at]! & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!
      if (entry === 0 || areEqual(this.#keys, (entry - 1) * KEY_WORDS, keys, at)) return slot
    }
  }

  #growSlots(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    for (let entry = 0; entry < this.#size; entry++)
      this.#slots[this.#slotOf(this.#keys, entry * KEY_WORDS)] = entry + 1
  }

  #growEntries(): void {
    const size = this.#types.length * 2
    this.#keys = grown(this.#keys, new Uint32Array(size * KEY_WORDS))
    this.#values = grown(this.#values, new Uint32Array(size * KEY_WORDS))
    this.#types = grown(this.#types, new Uint8Array(size))
    this.#refs = grown(this.#refs, new Uint32Array(size))
  }
}

function grown<Values extends Uint8Array | Uint32Array>(from: Values, to: Values): Values {
  to.set(from)
  return to
}

function areEqual(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  return a[atA] === b[atB] && a[atA + 1] === b[atB + 1] && a[atA + 2] === b[atB + 2] && a[atA + 3] === b[atB + 3]
}

/** Writes the first 128 bits of a SHA-256 to `words[at]` and on. */
export function putHash(bytes: Uint8Array, words: Uint32Array, at: number): void {
  const hash = digest(bytes)
  const byte = (i: number) => hash.charCodeAt(i)
  for (let word = 0; word < KEY_WORDS; word++) {
    const from = word * 4
    words[at + word] = (byte(from) << 24) | (byte(from + 1) << 16) | (byte(from + 2) << 8) | byte(from + 3)
  }
}

/** Writes the key of (source, id), each a slice of `bytes`, to `words[at]` and on. */
export class KeyWriter {
  #scratch = Buffer.alloc(1_024)

  put(
    source: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
    id: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
    words: Uint32Array,
    at: number,
  ): void {
    const sourceBytes = source.end - source.start
    const size = LENGTH_BYTES + sourceBytes + id.end - id.start
    if (size > this.#scratch.length) this.#scratch = Buffer.alloc(size * 2)
    const scratch = this.#scratch
    scratch.writeUInt32BE(sourceBytes, 0)
    copy(source.bytes, source.start, source.end, scratch, LENGTH_BYTES)
    copy(id.bytes, id.start, id.end, scratch, LENGTH_BYTES + sourceBytes)
    putHash(scratch.subarray(0, size), words, at)
  }

  putTexts(source: string, id: string, words: Uint32Array, at: number): void {
    const [sourceBytes, idBytes] = [Buffer.from(source), Buffer.from(id)]
    const whole = (bytes: Uint8Array) => ({ bytes, start: 0, end: bytes.length })
    this.put(whole(sourceBytes), whole(idBytes), words, at)
  }
}

/** Short slices: a loop is faster than a call. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  for (let i = start; i < end; i++) to[at + i - start] = from[i]!
}

const keyWriter = new KeyWriter()

/** The key of (source, id) as four words. */
export function idKey(source: string, id: string): Uint32Array {
  const key = new Uint32Array(KEY_WORDS)
  keyWriter.putTexts(source, id, key, 0)
  return key
}
