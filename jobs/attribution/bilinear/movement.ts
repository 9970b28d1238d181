import { bitLength, isqrt, shiftBy } from '../../integers.ts'
import type { Kernels } from '../kernel/kernels.ts'
import { Cholesky } from '../solver/cholesky.ts'
import type { Factor } from './curvature.ts'
import type { GradientRows } from './gradient-rows.ts'
import type { GroupSums } from './group-sums.ts'
import { exponentFor, largestOf, toInt16, toInt32 } from './scaled-vector.ts'

/** So many groups are bounded one by one; more of them together. */
const GROUPS_MAX = 1_024
const VECTOR_BITS = 15
const NET_BITS = 24
/** Vectors of different accounts share one exponent to within so many bits, so that sums of T stay in int64. */
const EXPONENT_SPREAD_MAX = 10
/** Γ and its partial sums stay whole in float64. */
const GRAM_BITS = 52
/** So many cells of y are summed at a time: 32 MiB. */
const GRAM_CELLS_MAX = 2 ** 22
/** √q < 2^26.5 + 1, and M is kept below 2^61. */
const ROOT_BITS = 27
const MOVEMENT_BITS = 60
const FACTOR_MAX = 63
const VECTOR_MAX = 32_767

/** How far each event can move what all accounts get. */
export interface Movement {
  /** M, one an event, in units of 2^−exponent. */
  readonly m: BigInt64Array
  readonly exponent: number
}

/**
 * M of docs/attribution.md step 4: at least what one unit of an event's weight adds to, or takes from, the scores of all
 * accounts together.
 *
 * @param sums Ψ of each account and of what each account withdrew
 * @returns undefined when nobody has a gradient
 */
export async function movementOf(
  kernels: Kernels,
  events: GradientRows,
  sums: GroupSums,
  factor: Factor,
): Promise<Movement | undefined> {
  return sums.count <= GROUPS_MAX
    ? boundEach(kernels, events, sums, factor)
    : boundTogether(kernels, events, sums, factor)
}

/** Step 4a. */
async function boundEach(
  kernels: Kernels,
  events: GradientRows,
  sums: GroupSums,
  factor: Factor,
): Promise<Movement | undefined> {
  const sides = new Float64Array(sums.count * sums.size)
  let count = 0
  for await (const psi of sums.each())
    if (psi.some((cell) => cell !== 0n)) sides.set(Float64Array.from(psi, Number), count++ * sums.size)
  if (count === 0) return undefined
  const solved = factor.substituteAll(sides.subarray(0, count * sums.size))
  const solutions = Array.from({ length: count }, (_, at) => solved.subarray(at * sums.size, (at + 1) * sums.size))
  const own = solutions.map((solution) => exponentFor(largestOf(solution), VECTOR_BITS))
  const limit = Math.min(...own) + EXPONENT_SPREAD_MAX
  const exponents = own.map((k) => Math.min(k, limit))
  const exponent = Math.max(...exponents)
  const vectors = new Int16Array(solved.length)
  for (const [at, solution] of solutions.entries()) vectors.set(toInt16(solution, exponents[at]!), at * sums.size)
  const shifts = Uint8Array.from(exponents, (k) => exponent - k)
  return { m: await kernels.movements(events, vectors, shifts), exponent }
}

/**
 * Step 4b: Σ|T| ≤ √(Σw · Σ T²/w) (Cauchy and Schwarz) for any weights w > 0, and Σ T²/w is a quadratic form of the event
 * alone, whatever the number of accounts.
 */
async function boundTogether(
  kernels: Kernels,
  events: GradientRows,
  sums: GroupSums,
  factor: Factor,
): Promise<Movement | undefined> {
  const { halves, weight, total } = await weigh(sums)
  if (weight === 0n) return undefined
  const shift = Math.max(0, (bitLength(weight) - GRAM_BITS + 1) >> 1)
  const root = new Cholesky(await gram(kernels, sums, halves, shift), sums.size)
  const rows = factor.substituteAll(root.columns())
  const k = exponentFor(largestOf(rows), VECTOR_BITS)
  const dotShift = squaresShift(events)
  const squares = await kernels.squares(events, toInt16(rows, k), dotShift)
  const spread = (isqrt(weight) + 1n) << BigInt(dotShift)
  const drop = Math.max(0, bitLength(spread) + ROOT_BITS - MOVEMENT_BITS)
  const exponent = k - shift - drop
  const net = await netMovement(kernels, events, factor.substitute(total), exponent)
  const m = BigInt64Array.from(squares, (q, event) => {
    const sum = (spread * BigInt(Math.floor(Math.sqrt(q)) + 1)) >> BigInt(drop)
    return 1n + ((sum + 1n + net[event]!) >> 1n)
  })
  return { m, exponent }
}

/** h with 4^h near ‖Ψ‖ (−1: Ψ = 0), Σ 4^h, and Σ Ψ. */
async function weigh(sums: GroupSums): Promise<{ halves: Int32Array; weight: bigint; total: Float64Array }> {
  const halves = new Int32Array(sums.count).fill(-1)
  const total = new Array<bigint>(sums.size).fill(0n)
  let weight = 0n
  let at = 0
  for await (const psi of sums.each()) {
    let squares = 0n
    for (let cell = 0; cell < psi.length; cell++) {
      squares += psi[cell]! * psi[cell]!
      total[cell]! += psi[cell]!
    }
    if (squares > 0n) {
      halves[at] = (bitLength(squares) + 3) >> 2
      weight += 1n << BigInt(2 * halves[at]!)
    }
    at++
  }
  return { halves, weight, total: Float64Array.from(total, Number) }
}

/** Γ = Σ y·yᵀ with y = Ψ >> (h + shift), and a ridge that lets it be factored. */
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
    const by = BigInt(half + shift)
    for (let cell = 0; cell < size; cell++) y[rows * size + cell] = Number(psi[cell]! >> by)
    if (++rows === rowsMax) await add()
  }
  if (rows > 0) await add()
  let trace = 0
  for (let i = 0; i < size; i++) trace += gamma[i * size + i]!
  const ridge = 1 + Math.floor(Math.floor(trace / size) / 2 ** 20)
  for (let i = 0; i < size; i++) gamma[i * size + i]! += ridge
  return gamma
}

/** |Σ T| of each event. */
async function netMovement(
  kernels: Kernels,
  events: GradientRows,
  solution: Float64Array,
  exponent: number,
): Promise<bigint[]> {
  const largest = largestOf(solution)
  if (largest === 0) return new Array<bigint>(events.count).fill(0n)
  const k = exponentFor(largest, NET_BITS)
  const scores = await kernels.project(events, toInt32(solution, k))
  return Array.from(scores, (score) => {
    const moved = shiftBy(BigInt(score), exponent - k)
    return moved < 0n ? -moved : moved
  })
}

/** The least shift with which D squares of (|u| >> shift) + 1 stay below 2^53. */
function squaresShift({ rank, classes, errorSumMax }: GradientRows): number {
  const bits = bitLength(BigInt(errorSumMax * FACTOR_MAX * rank * VECTOR_MAX))
  const room = (52 - bitLength(BigInt(rank * classes))) >> 1
  return Math.max(0, bits - room)
}
