import type { FeatureRows } from '../rows.ts'

/** cap = 65,536 means 1: a row no stronger than 5/4 of the median is taken as it is. */
const UNCAPPED = 65_536
/** (5/4)² = 25/16. */
const CAP_NUMERATOR = 25n << 32n
const CAP_DENOMINATOR = 16n
const CAP_LIMIT = 1n << 32n
const MULTIPLIER_SHIFT = 2 ** 12

/**
 * u of docs/attribution.md step 2: multipliers after the leverage cap, so that a row far stronger than the median does not
 * count for more than 5/4 of it.
 *
 * @returns one a row, below 2^21
 */
export function cappedMultipliers(rows: FeatureRows): Uint32Array {
  const { count, rank, factors, multipliers } = rows
  const leverage = new BigUint64Array(count)
  for (let row = 0; row < count; row++) {
    let squares = 0
    for (let j = row * rank; j < (row + 1) * rank; j++) squares += factors[j]! * factors[j]!
    leverage[row] = product(multipliers[row]! * multipliers[row]!, squares)
  }
  const median = medianOf(leverage.filter((nn) => nn > 0n))
  const surelyUncapped = (median * 3n) >> 1n
  const bound = CAP_NUMERATOR * median
  const capped = new Uint32Array(count)
  for (let row = 0; row < count; row++) {
    const nn = leverage[row]!
    // Most rows: a long division for each would cost more than all else here.
    const cap = nn <= surelyUncapped ? UNCAPPED : capOf(nn, bound)
    capped[row] = Math.floor((multipliers[row]! * cap) / MULTIPLIER_SHIFT)
  }
  return capped
}

/** The lower one of two in the middle; 0 of none. Rows without leverage are left out, or many of them would cap all others at 0. */
function medianOf(values: BigUint64Array): bigint {
  return values.sort()[Math.floor((values.length - 1) / 2)] ?? 0n
}

/** a · b, exact. */
function product(a: number, b: number): bigint {
  const value = a * b
  return value <= Number.MAX_SAFE_INTEGER ? BigInt(value) : BigInt(a) * BigInt(b)
}

function capOf(nn: bigint, bound: bigint): number {
  const quotient = nn === 0n ? CAP_LIMIT : bound / (CAP_DENOMINATOR * nn)
  // Below 2^32 the float64 root is near enough for its floor to be the integer one.
  return quotient >= CAP_LIMIT ? UNCAPPED : Math.floor(Math.sqrt(Number(quotient)))
}
