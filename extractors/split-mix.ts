const MASK = (1n << 64n) - 1n
const GOLDEN = 0x9e3779b97f4a7c15n

/** Output of SplitMix64 (Steele, Lea and Flood 2014) for a counter: mix(counter + golden), so that any one is had without the others. */
export function splitMix64(counter: bigint): bigint {
  let z = (counter + GOLDEN) & MASK
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK
  return z ^ (z >> 31n)
}

/**
 * Rademacher signs of a `rows` × `columns` matrix from a seed, which anybody draws again: sign(row, col) is bit col mod 64 of
 * the output for counter seed·2^32 + row·⌈columns/64⌉ + ⌊col/64⌋; a set bit is +1 (docs/attribution.md, features).
 *
 * @param seed 0 … 2^32 − 1
 * @returns rows × columns of ±1
 */
export function rademacher(seed: number, rows: number, columns: number): Int8Array {
  const words = Math.ceil(columns / 64)
  const signs = new Int8Array(rows * columns)
  const base = BigInt(seed) << 32n
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < words; word++) {
      const bits = splitMix64(base + BigInt(row * words + word))
      const halves = [Number(bits & 0xffffffffn), Number(bits >> 32n)]
      for (let bit = 0; bit < Math.min(64, columns - 64 * word); bit++)
        signs[row * columns + 64 * word + bit] = (halves[bit >> 5]! >>> (bit & 31)) & 1 ? 1 : -1
    }
  }
  return signs
}
