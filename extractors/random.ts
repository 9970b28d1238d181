import { createHash } from 'node:crypto'

/** Anything that names a run: the same seed always gives the same numbers. */
export type Seed = string | number | bigint

/**
 * Seeded generator of numbers: xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c),
 * with its state cut from SHA-256, so that similar seeds share nothing. For examples and simulations, never for secrets.
 */
export class Xoshiro128 {
  readonly #state: Uint32Array
  readonly #key: Uint8Array

  /** @param state four words, not all zero  @param key what {@link fork} derives from */
  constructor(state: Uint32Array, key: Uint8Array) {
    this.#state = state
    this.#key = key
  }

  static fromSeed(seed: Seed): Xoshiro128 {
    return fromKey(sha256('seed:', String(seed)))
  }

  /** An independent stream. It depends on the seed and the label only, not on how much was drawn: a new consumer shifts no other. */
  fork(label: string): Xoshiro128 {
    return fromKey(sha256(this.#key, label))
  }

  /** Uniform in 0 … 2^32 − 1. */
  nextUint32(): number {
    const s = this.#state
    const s1 = s[1]!
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= s1 << 9
    s[3] = rotateLeft(s[3]!, 11)
    return result
  }

  /** Uniform in [0, 1) with 53 bits. */
  nextFloat(): number {
    const high = this.nextUint32() >>> 5
    return (high * 2 ** 26 + (this.nextUint32() >>> 6)) / 2 ** 53
  }

  /** Uniform in 0 … n − 1, 1 ≤ n ≤ 2^32, without bias: draws that would favour small results are thrown away. */
  nextInt(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) throw new RangeError(`nextInt needs 1 ≤ n ≤ 2^32, found ${n}`)
    const limit = 2 ** 32 - (2 ** 32 % n)
    let draw = this.nextUint32()
    while (draw >= limit) draw = this.nextUint32()
    return draw % n
  }

  /** Standard normal: the polar method of Marsaglia. The second value of each pair is not kept, so draws do not depend on history. */
  gaussian(): number {
    for (;;) {
      const x = 2 * this.nextFloat() - 1
      const y = 2 * this.nextFloat() - 1
      const square = x * x + y * y
      if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square)
    }
  }

  /** Uniform bytes, four a draw, little-endian. */
  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let at = 0; at < length; at += 4) {
      const word = this.nextUint32()
      for (let k = 0; k < 4 && at + k < length; k++) out[at + k] = word >>> (8 * k)
    }
    return out
  }

  /** A shuffled copy (Fisher and Yates, as Durstenfeld wrote it). */
  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items]
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.nextInt(i + 1)
      const item = out[i]!
      out[i] = out[j]!
      out[j] = item
    }
    return out
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function fromKey(key: Uint8Array): Xoshiro128 {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const state = Uint32Array.from([0, 4, 8, 12], (at) => view.getUint32(at))
  return new Xoshiro128(state, key)
}

function sha256(prefix: string | Uint8Array, text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(prefix).update(text, 'utf8').digest())
}
