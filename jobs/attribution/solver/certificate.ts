import { isqrt } from '../../integers.ts'

const FRACTION_BITS = 52n
const EXPONENT_BIAS = 1075n

/**
 * How far V can be from what exact arithmetic would give: an upper bound in 10^-9 of a unit of V.
 *
 * The residual r = g − (K + λI)·x is computed exactly, since the float64 values of x are dyadic rationals. K is positive
 * semi-definite, so ‖x − x*‖ ≤ ‖r‖ / λ (docs/attribution.md, step 8).
 *
 * @param curvature K, size × size, whole numbers below 2^53
 * @param lambda    what was added to the diagonal for this solve
 * @param demand    g
 * @param x         the float64 solution, not all zero
 * @param unit      32767: the largest entry of V
 */
export function errorBoundNano(
  curvature: Float64Array,
  lambda: bigint,
  demand: readonly bigint[],
  x: Float64Array,
  unit: bigint,
): bigint {
  const { mantissas, shift } = toDyadic(x)
  let sumOfSquares = 0n
  const size = x.length
  for (let i = 0; i < size; i++) {
    let residual = (demand[i]! << shift) - lambda * mantissas[i]!
    for (let j = 0; j < size; j++) {
      const k = curvature[i * size + j]!
      if (k !== 0) residual -= BigInt(k) * mantissas[j]!
    }
    sumOfSquares += residual * residual
  }
  const largest = mantissas.reduce((max, value) => (abs(value) > max ? abs(value) : max), 0n)
  const numerator = 2n * unit * (isqrt(sumOfSquares) + 1n) * 1_000_000_000n
  const denominator = lambda * largest
  return (numerator + denominator - 1n) / denominator
}

/** x as whole numbers over 2^shift, with the least shift ≥ 0 that makes all of them whole. */
function toDyadic(x: Float64Array): { mantissas: bigint[]; shift: bigint } {
  const bits = new BigInt64Array(x.buffer, x.byteOffset, x.length)
  let shift = 0n
  const parts = Array.from(bits, (word) => {
    const biased = (word >> FRACTION_BITS) & 0x7ffn
    let mantissa = (word & ((1n << FRACTION_BITS) - 1n)) | (biased === 0n ? 0n : 1n << FRACTION_BITS)
    if (mantissa === 0n) return { mantissa, exponent: 0n }
    let exponent = (biased === 0n ? 1n : biased) - EXPONENT_BIAS
    while ((mantissa & 1n) === 0n) {
      mantissa >>= 1n
      exponent += 1n
    }
    if (-exponent > shift) shift = -exponent
    return { mantissa: word < 0n ? -mantissa : mantissa, exponent }
  })
  return { mantissas: parts.map(({ mantissa, exponent }) => mantissa << (exponent + shift)), shift }
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
