/**
 * Splits `pool` over `weights` by largest remainder; ties go to the lower index (docs/formats.md#apportionment).
 *
 * @returns amounts in the order of `weights`, Σ = pool; all 0 when Σ weights = 0, and then everything is left over
 */
export function apportion(pool: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total === 0n) return weights.map(() => 0n)
  const amounts = weights.map((weight) => (pool * weight) / total)
  let left = pool - amounts.reduce((sum, amount) => sum + amount, 0n)
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (pool * weight) % total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const { index } of byRemainder) {
    if (left === 0n) break
    amounts[index]!++
    left--
  }
  return amounts
}
