import { type Gradients, normOf, product } from './gradients.ts'
import { psiOf } from './groups.ts'
import { bitLength, integerSquareRoot, shifted } from './integers.ts'
import type { Movement, MovementInput } from './movement-input.ts'
import { type Shape, VECTOR_MAX } from './period.ts'
import { exponentFor, scaledBy } from './scaled.ts'
import { choleskyFactor, type Solver } from './solve.ts'

const ROOT_BITS = 15
const ROOT_MAX = 2 ** ROOT_BITS - 1
const NET_BITS = 24
/** Σ|err_e| over the classes: 1000 of the label and probabilities of at most 1,100 in sum. */
const EVENT_ERRORS_MAX = { factored: 2_100, dense: 1 } as const

/** Ψ of all groups: the sum of their norms, and of their outer products in units of 4^t. */
interface Norms {
  /** W = Σ 4^h. */
  readonly weight: bigint
  readonly t: number
  /** Γ, D × D. */
  readonly form: Float64Array
  /** Σ Ψ. */
  readonly total: readonly bigint[]
}

/**
 * Step 4b: Σ|T_g| ≤ √(Σw_g · ΣT_g²/w_g) (Cauchy and Schwarz), where the second sum is a quadratic form of the event, and the
 * greater of two one-sided sums is half of (Σ|T_g| + |ΣT_g|).
 */
export function movementByForm(input: MovementInput): Movement {
  const { events, shape, solver } = input
  const size = shape.rank * shape.classes
  const { weight, t, form, total } = normsOf(input, size)
  const roots = solver.substituteColumns(choleskyFactor(form, size))
  const rootExponent = exponentFor(roots, ROOT_BITS)
  const z = coarseningOf(shape)
  const spread = (integerSquareRoot(weight) + 1n) << BigInt(z)
  const drop = Math.max(0, bitLength(spread) + 27 - 60)
  const exponent = rootExponent - t - drop
  const squares = squaresOf(events, Int16Array.from(scaledBy(roots, rootExponent)), 2 ** z)
  const sides = integerSquareRoot(BigInt(size)) + 1n
  const netOf = netMovement(events, total, solver, exponent)
  const moved = Array.from(squares, (q, e) => {
    const rounded = (sides * BigInt(normOf(events, e))) >> BigInt(z + 1)
    const root = integerSquareRoot(BigInt(q)) + rounded + 2n
    const sum = (spread * (root + (root >> 7n) + 1n)) >> BigInt(drop)
    return 1n + ((sum + 1n + netOf(e)) >> 1n)
  })
  return { exponent, moved }
}

/** z: so coarse that a sum of D squares of products stays below 2^53. */
function coarseningOf({ kind, rank, classes }: Shape): number {
  const product = bitLength(BigInt(EVENT_ERRORS_MAX[kind] * VECTOR_MAX * rank * ROOT_MAX))
  return Math.max(0, product - ((52 - bitLength(BigInt(rank * classes))) >> 1))
}

function normsOf({ groups, items, multipliers }: MovementInput, size: number): Norms {
  const total: bigint[] = new Array(size).fill(0n)
  let weight = 0n
  const halves = groups.map((group) => {
    let squares = 0n
    for (const [cell, value] of psiOf(items, multipliers, group).entries()) {
      squares += value * value
      total[cell]! += value
    }
    const h = (bitLength(squares) + 3) >> 2
    weight += 1n << BigInt(2 * h)
    return h
  })
  const t = (bitLength(weight) - 51) >> 1
  const form = new Float64Array(size * size)
  for (const [g, group] of groups.entries()) {
    const y = Float64Array.from(psiOf(items, multipliers, group), (value) => Number(shifted(value, -(halves[g]! + t))))
    addOuterProduct(form, y)
  }
  addRidge(form, size, groups.length)
  return { weight, t, form, total }
}

/** ‖Ψ‖² < 16^h, so the trace is below 2^52 and what flooring adds: whole numbers below 2^53 in every partial sum. */
function addOuterProduct(form: Float64Array, y: Float64Array): void {
  for (const [i, value] of y.entries()) {
    if (value === 0) continue
    const row = i * y.length
    for (let j = 0; j < y.length; j++) form[row + j]! += value * y[j]!
  }
}

/** 65·Y·D + 1 + ((tr Γ div D) >> 20) on the diagonal. */
function addRidge(form: Float64Array, size: number, count: number): void {
  let trace = 0n
  for (let i = 0; i < size; i++) trace += BigInt(form[i * size + i]!)
  const ridge = 65n * BigInt(count * size) + 1n + ((trace / BigInt(size)) >> 20n)
  for (let i = 0; i < size; i++) form[i * size + i] = Number(BigInt(form[i * size + i]!) + ridge)
}

/** q_e = Σ_j ((|⟨g_e, R̂_j⟩| >> z) + 1)²; R̂ by rows, a column each. */
function squaresOf(events: Gradients, roots: Int16Array, unit: number): Float64Array {
  const { rank, classes, errors, vectors } = events
  const size = rank * classes
  const products = new Float64Array(size)
  const squares = new Float64Array(events.count)
  for (let e = 0; e < events.count; e++) {
    products.fill(0)
    for (let i = 0; i < size; i++) {
      const value = errors[e * classes + Math.floor(i / rank)]! * vectors[e * rank + (i % rank)]!
      if (value === 0) continue
      for (let j = 0; j < size; j++) products[j]! += value * roots[i * size + j]!
    }
    for (const each of products) squares[e]! += (Math.floor(Math.abs(each) / unit) + 1) ** 2
  }
  return squares
}

/** net_e = |⟨g_e, Ŝ⟩| and what the rounding of Ŝ can do, in units of 2^−exponent, S = substitute(A, ΣΨ). */
function netMovement(
  events: Gradients,
  total: readonly bigint[],
  solver: Solver,
  exponent: number,
): (e: number) => bigint {
  if (total.every((value) => value === 0n)) return () => 0n
  const s = solver.substitute(Float64Array.from(total, Number))
  const own = exponentFor(s, NET_BITS)
  const sHat = scaledBy(s, own)
  return (e) => {
    const net = shifted(BigInt(product(events, e, sHat)), exponent - own)
    return (net < 0n ? -net : net) + shifted(BigInt(normOf(events, e)), exponent - own - 1) + 1n
  }
}
