import { bitLength } from '../../../integers.ts'
import type { Kernels } from '../../kernel/kernels.ts'
import type { Factor } from '../curvature.ts'
import { absoluteSums } from '../gradient-rows.ts'
import type { GroupSums } from '../group-sums.ts'
import { toFloat64 } from '../int64.ts'
import { exponentFor, largestOf, toInt16 } from '../scaled-vector.ts'
import type { MovementBound } from './movement-bound.ts'

const VECTOR_BITS = 15
/** Sums of T of 2^20 groups of one scale stay in int64, and so do 2^10 groups of scales 2^10 apart. */
const SPREAD_BITS = 20
const SPREAD_MAX = 10

/** Step 4a: a solved vector for each group. */
export async function boundEach(kernels: Kernels, sums: GroupSums, factor: Factor): Promise<MovementBound | undefined> {
  const solutions = await solveGroups(sums, factor)
  if (solutions.length === 0) return undefined
  const own = solutions.map((solution) => exponentFor(largestOf(solution), VECTOR_BITS))
  const limit = Math.min(...own) + exponentSpread(sums.count)
  const exponents = own.map((k) => Math.min(k, limit))
  const exponent = Math.max(...exponents)
  const vectors = new Int16Array(solutions.length * sums.size)
  for (const [at, solution] of solutions.entries()) vectors.set(toInt16(solution, exponents[at]!), at * sums.size)
  const shifts = Uint8Array.from(exponents, (k) => exponent - k)
  // Each entry of a vector was rounded by at most a half.
  const roundings = shifts.reduce((sum, shift) => sum + 2 ** shift, 0)
  return {
    exponent,
    async of(events) {
      const m = await kernels.movements(events, vectors, shifts)
      for (const [event, norm] of absoluteSums(events).entries()) m[event]! += BigInt(Math.ceil((norm * roundings) / 2))
      return m
    },
  }
}

/** Solutions of the groups with a gradient. */
async function solveGroups(sums: GroupSums, factor: Factor): Promise<Float64Array[]> {
  const { size } = sums
  const sides = new Float64Array(sums.count * size)
  let count = 0
  for await (const psi of sums.each()) {
    const side = toFloat64(psi)
    if (side.some((cell) => cell !== 0)) sides.set(side, count++ * size)
  }
  const solved = factor.substituteAll(sides.subarray(0, count * size))
  return Array.from({ length: count }, (_, at) => solved.subarray(at * size, (at + 1) * size))
}

/** Vectors of different accounts share one exponent to within so many bits. */
function exponentSpread(groups: number): number {
  return Math.min(SPREAD_MAX, SPREAD_BITS - bitLength(BigInt(groups - 1)))
}
