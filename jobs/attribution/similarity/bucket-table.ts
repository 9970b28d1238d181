const FIRST_SLOTS = 1 << 10
const NONE = -1

/**
 * Which rows stand under a key of 32 bits, the earliest first. Open addressing, at most half full; keys are random
 * bits already. Rows of one key are linked
 * through their own numbers, so each row stands under one key.
 */
export class BucketTable {
  /** Of a row whose key no other row has, just after the table has grown: four slots and two links. */
  static readonly rowBytes = 4 * 12 + 2 * 4
  #keys = new Int32Array(FIRST_SLOTS)
  /** Row + 1; 0 is an empty slot. */
  #heads = new Int32Array(FIRST_SLOTS)
  #tails = new Int32Array(FIRST_SLOTS)
  #next = new Int32Array(FIRST_SLOTS).fill(NONE)
  #used = 0

  /** @returns the earliest row under the key, −1 when there is none */
  first(key: number): number {
    return this.#heads[this.#slotOf(key)]! - 1
  }

  /** @returns the next row under the same key, −1 after the last */
  after(row: number): number {
    return this.#next[row]!
  }

  /** @param row above every row that was added before */
  add(key: number, row: number): void {
    if (2 * this.#used >= this.#keys.length) this.#grow()
    if (row >= this.#next.length) this.#next = enlarged(this.#next, 2 * row, NONE)
    const slot = this.#slotOf(key)
    if (this.#heads[slot] === 0) {
      this.#used++
      this.#keys[slot] = key
      this.#heads[slot] = row + 1
    } else this.#next[this.#tails[slot]!] = row
    this.#tails[slot] = row
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1
    let slot = key & mask
    while (this.#heads[slot] !== 0 && this.#keys[slot] !== (key | 0)) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const [keys, heads, tails] = [this.#keys, this.#heads, this.#tails]
    this.#keys = new Int32Array(2 * keys.length)
    this.#heads = new Int32Array(2 * keys.length)
    this.#tails = new Int32Array(2 * keys.length)
    for (let old = 0; old < keys.length; old++) {
      if (heads[old] === 0) continue
      const slot = this.#slotOf(keys[old]!)
      this.#keys[slot] = keys[old]!
      this.#heads[slot] = heads[old]!
      this.#tails[slot] = tails[old]!
    }
  }
}

function enlarged(values: Int32Array, length: number, rest: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length).fill(rest, values.length)
  larger.set(values)
  return larger
}
