import { isqrt } from '../../integers.ts'

const FRACTION_BITS = 52n
const EXPONENT_BIAS = 1075n

interface Solution {
  /** K, size × size, symmetric; null for 0. */
  readonly k: BigInt64Array | null
  readonly size: number
  /** What was added to the diagonal for this solve. */
  readonly lambda: bigint
  /** The right-hand side. */
  readonly demand: readonly bigint[]
  /** The float64 solution. */
  readonly x: Float64Array
  /** V = rint(2^exponent · x). */
  readonly exponent: number
}

/**
 * How far V can be from what exact arithmetic would give before it is rounded: an upper bound in 10^-9 of a unit of V.
 *
 * The residual r = g − (K + λI)·x is computed exactly, since the float64 values of x are dyadic rationals. K is positive
 * semi-definite, so ‖x − x*‖ ≤ ‖r‖ / λ (docs/attribution.md, step 8).
 */
export function errorBoundNano({ k, size, lambda, demand, x, exponent }: Solution): bigint {
  const { mantissas, shift } = toDyadic(x)
  let sumOfSquares = 0n
  for (let i = 0; i < size; i++) {
    let residual = (demand[i]! << shift) - lambda * mantissas[i]!
    if (k !== null) residual -= dot(k.subarray(i * size, (i + 1) * size), mantissas)
    sumOfSquares += residual * residual
  }
  const scale = BigInt(exponent) - shift
  const numerator = ((isqrt(sumOfSquares) + 1n) * 1_000_000_000n) << (scale > 0n ? scale : 0n)
  const denominator = lambda << (scale < 0n ? -scale : 0n)
  return (numerator + denominator - 1n) / denominator
}

function dot(row: BigInt64Array, mantissas: readonly bigint[]): bigint {
  let sum = 0n
  for (let j = 0; j < row.length; j++) if (row[j] !== 0n) sum += row[j]! * mantissas[j]!
  return sum
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
