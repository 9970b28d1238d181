import { bitLength, isqrt, shiftBy } from '../../../integers.ts'
import type { Kernels } from '../../kernel/kernels.ts'
import { Cholesky } from '../../solver/cholesky.ts'
import type { Factor } from '../curvature.ts'
import { absoluteSums, type GradientRows } from '../gradient-rows.ts'
import type { GroupSums } from '../group-sums.ts'
import { bitsOfSquares, CellSums, shiftDown } from '../int64.ts'
import { exponentFor, largestOf, toInt16, toInt32 } from '../scaled-vector.ts'
import type { EventShape, MovementBound } from './movement-bound.ts'

const VECTOR_BITS = 15
const NET_BITS = 24
/** Γ and its partial sums stay whole in float64. */
const GRAM_BITS = 52
/** So many cells of y are summed at a time: 32 MiB. */
const GRAM_CELLS_MAX = 2 ** 22
/** √q and what roundings add stay below 2^27, and M is kept below 2^61. */
const ROOT_BITS = 27
const MOVEMENT_BITS = 60
/** What flooring y may add: a part of Γ in so many, and so many D and one more on its diagonal for each y. */
const FLOOR_SHARE = 64
const FACTOR_MAX = 63
const VECTOR_MAX = 32_767

/**
 * Step 4b: Σ|T| ≤ √(Σw · Σ T²/w) (Cauchy and Schwarz) for any weights w > 0, and Σ T²/w is a quadratic form of the event
 * alone, whatever the number of accounts.
 */
export async function boundTogether(
  kernels: Kernels,
  shape: EventShape,
  sums: GroupSums,
  factor: Factor,
): Promise<MovementBound | undefined> {
  const { halves, weight, total } = await weigh(sums)
  if (weight === 0n) return undefined
  const shift = (bitLength(weight) - GRAM_BITS + 1) >> 1
  const root = new Cholesky(await gram(kernels, sums, halves, shift), sums.size)
  const rows = factor.substituteAll(root.columns())
  const k = exponentFor(largestOf(rows), VECTOR_BITS)
  const vectors = toInt16(rows, k)
  const dotShift = squaresShift(shape)
  const spread = (isqrt(weight) + 1n) << BigInt(dotShift)
  const drop = Math.max(0, bitLength(spread) + ROOT_BITS - MOVEMENT_BITS)
  const exponent = k - shift - drop
  const net = factor.substitute(total)
  // Each entry of the root was rounded by at most a half, so its D products by √D/2 · |g|₁ together.
  const roundings = Number(isqrt(BigInt(sums.size))) + 1
  return {
    exponent,
    async of(events) {
      const norms = absoluteSums(events)
      const squares = await kernels.squares(events, vectors, dotShift)
      const netOf = await netMovement(kernels, events, norms, net, exponent)
      return BigInt64Array.from(squares, (q, event) => {
        const length = Math.floor(Math.sqrt(q)) + Math.floor((roundings * norms[event]!) / 2 ** (dotShift + 1)) + 2
        const sum = (spread * BigInt(length + Math.floor(length / (2 * FLOOR_SHARE)) + 1)) >> BigInt(drop)
        return 1n + ((sum + 1n + netOf[event]!) >> 1n)
      })
    },
  }
}

/** h with 4^h near ‖Ψ‖ (−1: Ψ = 0), Σ 4^h, and Σ Ψ. */
async function weigh(sums: GroupSums): Promise<{ halves: Int32Array; weight: bigint; total: Float64Array }> {
  const halves = new Int32Array(sums.count).fill(-1)
  const total = new CellSums(sums.size)
  let weight = 0n
  let at = 0
  for await (const psi of sums.each()) {
    const bits = bitsOfSquares(psi)
    if (bits > 0) {
      halves[at] = (bits + 3) >> 2
      weight += 1n << BigInt(2 * halves[at]!)
      total.add(psi)
    }
    at++
  }
  return { halves, weight, total: Float64Array.from(total.sums(), Number) }
}

/** Γ = Σ y·yᵀ with y = ⌊Ψ / 2^(h + shift)⌋, a ridge for what flooring took, and one that lets it be factored. */
async function gram(kernels: Kernels, sums: GroupSums, halves: Int32Array, shift: number): Promise<Float64Array> {
  const { size } = sums
  const gamma = new Float64Array(size * size)
  const rowsMax = Math.max(1, Math.min(sums.count, Math.floor(GRAM_CELLS_MAX / size)))
  const y = new Float64Array(rowsMax * size)
  let rows = 0
  const add = async () => {
    const part = await kernels.outerSum(y.subarray(0, rows * size), size)
    for (let cell = 0; cell < gamma.length; cell++) gamma[cell]! += part[cell]!
    rows = 0
  }
  let at = 0
  for await (const psi of sums.each()) {
    const half = halves[at++]!
    if (half < 0) continue
    shiftDown(psi, half + shift, y, rows * size)
    if (++rows === rowsMax) await add()
  }
  if (rows > 0) await add()
  let trace = 0
  for (let i = 0; i < size; i++) trace += gamma[i * size + i]!
  const floored = (FLOOR_SHARE + 1) * halves.filter((half) => half >= 0).length * size
  const ridge = floored + 1 + Math.floor(Math.floor(trace / size) / 2 ** 20)
  for (let i = 0; i < size; i++) gamma[i * size + i]! += ridge
  return gamma
}

/** |Σ T| of each event, and what its roundings can add. */
async function netMovement(
  kernels: Kernels,
  events: GradientRows,
  norms: Float64Array,
  solution: Float64Array,
  exponent: number,
): Promise<bigint[]> {
  const largest = largestOf(solution)
  if (largest === 0) return new Array<bigint>(events.count).fill(0n)
  const k = exponentFor(largest, NET_BITS)
  const scores = await kernels.project(events, toInt32(solution, k))
  return Array.from(scores, (score, event) => {
    const moved = shiftBy(BigInt(score), exponent - k)
    const rounded = shiftBy(BigInt(norms[event]!), exponent - k - 1) + 1n
    return (moved < 0n ? -moved : moved) + rounded
  })
}

/** The least shift with which D squares of (|u| >> shift) + 1 stay below 2^53. */
function squaresShift({ rank, classes, errorSumMax }: EventShape): number {
  const bits = bitLength(BigInt(errorSumMax * FACTOR_MAX * rank * VECTOR_MAX))
  const room = (52 - bitLength(BigInt(rank * classes))) >> 1
  return Math.max(0, bits - room)
}
