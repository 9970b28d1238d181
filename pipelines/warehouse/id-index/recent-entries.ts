import { compareKeys, ENTRY_BYTES, KEY_BYTES, viewOf } from './entry.ts'
import type { RunTrailer } from './run-trailer.ts'
import { RunWriter } from './run-writer.ts'

const FIRST_ENTRIES = 1_024

/** Entries that no run holds yet, in the order in which they came. About 150 bytes each. */
export class RecentEntries {
  readonly #places = new Map<string, number>()
  #bytes = Buffer.alloc(FIRST_ENTRIES * ENTRY_BYTES)

  get size(): number {
    return this.#places.size
  }

  find(key: Uint8Array): Uint8Array | undefined {
    const place = this.#places.get(textOf(key))
    return place === undefined ? undefined : Buffer.from(this.#bytes.subarray(place + KEY_BYTES, place + ENTRY_BYTES))
  }

  /** @throws RangeError when the key is there */
  add(key: Uint8Array, value: Uint8Array): void {
    const text = textOf(key)
    if (this.#places.has(text)) throw new RangeError('This key was added before.')
    const place = this.#places.size * ENTRY_BYTES
    if (place === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(place)])
    this.#places.set(text, place)
    this.#bytes.set(key, place)
    this.#bytes.set(value, place + KEY_BYTES)
  }

  /** Writes all of them as one run. */
  async write(path: string): Promise<RunTrailer> {
    const view = viewOf(this.#bytes)
    const order = Uint32Array.from({ length: this.size }, (_, index) => index * ENTRY_BYTES)
    order.sort((one, other) => compareKeys(view, one, view, other))
    const writer = await RunWriter.create(path, this.size)
    try {
      for (const place of order) await writer.push(view, place)
      return await writer.finish()
    } finally {
      await writer.close()
    }
  }

  clear(): void {
    this.#places.clear()
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
