import { TallyError } from '../../schemas/errors.ts'

export class NegativeWeightError extends TallyError {
  override readonly code = 'NEGATIVE_WEIGHT'
  constructor(facts: { index: number; weight: bigint }) {
    super(`Weight ${facts.index} is ${facts.weight}; weights must not be negative.`, { facts })
  }
}

/**
 * Splits `pool` over `weights` by largest remainder (Hamilton's method; docs/formats.md#apportionment).
 *
 * @param pool    amount in the token's smallest unit, ≥ 0
 * @param weights one non-negative integer a payee, in the canonical payee order
 * @returns       amounts, same length and order; Σ = pool exactly, or all 0 when Σ weights = 0
 * @throws        {@link NegativeWeightError}
 * Ties go to the lower index.
 */
export function apportion(pool: bigint, weights: readonly bigint[]): bigint[] {
  for (const [index, weight] of weights.entries()) if (weight < 0n) throw new NegativeWeightError({ index, weight })
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total === 0n) return weights.map(() => 0n)
  const amounts = weights.map((weight) => (pool * weight) / total)
  let left = pool - amounts.reduce((sum, amount) => sum + amount, 0n)
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (pool * weight) % total }))
    .sort((a, b) => (a.remainder > b.remainder ? -1 : a.remainder < b.remainder ? 1 : a.index - b.index))
  for (const { index } of byRemainder) {
    if (left === 0n) break
    amounts[index]! += 1n
    left -= 1n
  }
  return amounts
}
