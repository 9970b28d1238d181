/** Digits of 15 bits of weight · error (assembly/sums.ts). */
export const DIGITS = 6
const DIGIT_BITS = 15n

/** sums[bucket] += Σ digits · 2^(15 · place). */
export function addDigits(sums: readonly bigint[][], parts: BigInt64Array, rank: number, classes: number): void {
  const wide = upToEight(rank)
  let line = 0
  for (const sum of sums)
    for (let c = 0; c < classes; c++)
      for (let digit = 0; digit < DIGITS; digit++, line++)
        for (let j = 0; j < rank; j++) {
          const part = parts[line * wide + j]!
          if (part !== 0n) sum[c * rank + j]! += part << (DIGIT_BITS * BigInt(digit))
        }
}

/** sums −= the lower triangle of part, on both sides. */
export function subtractTriangle(sums: Float64Array, part: Float64Array, size: number, wide: number): void {
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const value = sums[i * size + j]! - part[i * wide + j]!
      sums[i * size + j] = value
      sums[j * size + i] = value
    }
}

/** Columns of a line of sums: whole panels. */
export function upToEight(rank: number): number {
  return (rank + 7) & ~7
}
