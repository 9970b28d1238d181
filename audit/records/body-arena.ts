/** Several thousand bodies of the usual size. */
const SLAB_BYTES = 2 ** 20
const WORD_BYTES = 4

/** Memory for what is kept of records until they are decided: many short pieces in few large ones, freed together. */
export class BodyArena {
  readonly #slabs: Buffer[] = []
  readonly #words: Uint32Array[] = []
  readonly #halves: Uint16Array[] = []
  readonly #signed: Int8Array[] = []
  #used = SLAB_BYTES
  #isOpen = false

  /** @returns the place of so many bytes, all 0 and at a multiple of four */
  allocate(bytes: number): number {
    if (bytes > SLAB_BYTES) {
      this.#add(bytes)
      this.#isOpen = false
      return (this.#slabs.length - 1) * SLAB_BYTES
    }
    if (!this.#isOpen || this.#used + bytes > SLAB_BYTES) {
      this.#add(SLAB_BYTES)
      this.#used = 0
      this.#isOpen = true
    }
    const at = this.#used
    this.#used += Math.ceil(bytes / WORD_BYTES) * WORD_BYTES
    return (this.#slabs.length - 1) * SLAB_BYTES + at
  }

  /** Bytes of the slab that a place lies in; the place begins at {@link byteIn}. */
  slabOf(place: number): Buffer {
    return this.#slabs[Math.floor(place / SLAB_BYTES)]!
  }

  wordsOf(place: number): Uint32Array {
    return this.#words[Math.floor(place / SLAB_BYTES)]!
  }

  /** The same bytes, two by two. */
  halvesOf(place: number): Uint16Array {
    return this.#halves[Math.floor(place / SLAB_BYTES)]!
  }

  signedOf(place: number): Int8Array {
    return this.#signed[Math.floor(place / SLAB_BYTES)]!
  }

  byteIn(place: number): number {
    return place % SLAB_BYTES
  }

  wordIn(place: number): number {
    return (place % SLAB_BYTES) / WORD_BYTES
  }

  #add(bytes: number): void {
    const slab = Buffer.from(new ArrayBuffer(Math.ceil(bytes / WORD_BYTES) * WORD_BYTES))
    this.#slabs.push(slab)
    this.#words.push(new Uint32Array(slab.buffer))
    this.#halves.push(new Uint16Array(slab.buffer))
    this.#signed.push(new Int8Array(slab.buffer))
  }
}
