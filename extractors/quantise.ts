import { FeatureOverflowError, NumericError } from './errors.ts'

/** Factors stay in [−63, 63]: exact in every CPU's int8 and float32 paths. */
const FACTOR_MAX = 63
/** Multipliers are unsigned 16-bit. */
const MULTIPLIER_MAX = 65_535

/** z ≈ factors · multiplier · 2^−unitExponent. */
export interface QuantisedRow {
  /** [−63, 63]. */
  factors: Int8Array
  /** 0 … 65,535; 0 only when all factors are. */
  multiplier: number
}

/**
 * The unit of a feature map: the finest power of two at which its strongest coordinate still fits 16 bits.
 *
 * @param largest absolute value, above 0
 */
export function unitExponentFor(largest: number): number {
  if (!(largest > 0))
    throw new NumericError('Every projection is zero.', { largest }, 'The bias keeps them from zero: check the basis.')
  let unitExponent = 0
  while (roundHalfEven((largest / FACTOR_MAX) * 2 ** (unitExponent + 1)) <= MULTIPLIER_MAX) unitExponent++
  return unitExponent
}

/**
 * The multiplier first, then the factors against the multiplier as it was rounded: so the rounding is not made twice.
 *
 * @throws {@link FeatureOverflowError} for a row far stronger than those the unit was made from
 */
export function quantise(z: Float64Array, unitExponent: number): QuantisedRow {
  let largest = 0
  for (const coordinate of z) largest = Math.max(largest, Math.abs(coordinate))
  const unit = 2 ** -unitExponent
  const multiplier = roundHalfEven(largest / FACTOR_MAX / unit)
  if (multiplier > MULTIPLIER_MAX) {
    throw new FeatureOverflowError({ multiplier, limit: MULTIPLIER_MAX, unitExponent })
  }
  if (multiplier === 0) return { factors: new Int8Array(z.length), multiplier }
  const factors = Int8Array.from(z, (coordinate) => {
    const factor = roundHalfEven(coordinate / (multiplier * unit))
    return Math.max(-FACTOR_MAX, Math.min(FACTOR_MAX, factor))
  })
  return { factors, multiplier }
}

/**
 * As {@link quantise}, for inputs of a layer.
 *
 * @throws {@link NumericError} for a row of zeros
 */
export function quantiseInput(z: Float64Array, unitExponent: number): QuantisedRow {
  const row = quantise(z, unitExponent)
  if (row.multiplier !== 0) return row
  throw new NumericError(
    'The projection of a sample is zero.',
    { unitExponent },
    'The bias keeps it from zero: check the basis.',
  )
}

/** n roundings of at most ½ move the sum from 1000 by n / 2 at most: within the 1000 ± n that scoring demands. */
export function thousandths(probabilities: Float64Array): number[] {
  return Array.from(probabilities, (probability) => roundHalfEven(1000 * probability))
}

/** To the nearest whole number, ties to the even one (IEEE 754 roundTiesToEven), as numpy's and C's rint. |x| < 2^51. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
