import { type Gradients, normOf, product } from './gradients.ts'
import { psiOf } from './groups.ts'
import { bitLength, maximum } from './integers.ts'
import type { Movement, MovementInput } from './movement-input.ts'
import { exponentFor, scaledBy } from './scaled.ts'

const SCORE_BITS = 15
/** ⟨g, Ŝ⟩ is below 2^43: so many of one exponent sum below 2^53. */
const GROUPS_BETWEEN_FLUSHES = 1_024
/** Groups may differ in scale by so many powers of two before the smaller one loses digits. */
const SPREAD_MAX = 10

/** What a group's items do to the model: Ŝ ≈ 2^exponent · S. */
interface GroupScore {
  readonly exponent: number
  readonly sHat: Int32Array
}

/** Step 4a: M_e = 1 + max(Σ_g max(T, 0), Σ_g max(−T, 0)) + ⌈|g_e|₁·Σ_g 2^(k − k_g) / 2⌉, T_eg = ⟨g_e, Ŝ_g⟩·2^(k − k_g). */
export function movementByGroup(input: MovementInput): Movement {
  const scores = scoreGroups(input)
  const exponent = Math.max(...scores.map((score) => score.exponent))
  const roundings = scores.reduce((sum, score) => sum + 2n ** BigInt(exponent - score.exponent), 0n)
  const moved = Array.from({ length: input.events.count }, (_, e) => {
    const rounded = (BigInt(normOf(input.events, e)) * roundings + 1n) / 2n
    return movedBy(input.events, e, scores, exponent) + rounded
  })
  return { exponent, moved }
}

function scoreGroups({ groups, groupCount, items, multipliers, solver }: MovementInput): GroupScore[] {
  const solutions = groups.map((group) =>
    solver.substitute(Float64Array.from(psiOf(items, multipliers, group), Number)),
  )
  const exponents = solutions.map((solution) => exponentFor(solution, SCORE_BITS))
  const least = Math.min(...exponents)
  const spread = Math.min(SPREAD_MAX, 20 - bitLength(BigInt(groupCount - 1)))
  return solutions.map((solution, g) => {
    const exponent = Math.min(exponents[g]!, least + spread)
    return { exponent, sHat: scaledBy(solution, exponent) }
  })
}

function movedBy(events: Gradients, e: number, scores: readonly GroupScore[], exponent: number): bigint {
  let helped = 0n
  let harmed = 0n
  for (let start = 0; start < scores.length; start += GROUPS_BETWEEN_FLUSHES) {
    const part = partlyMoved(events, e, scores.slice(start, start + GROUPS_BETWEEN_FLUSHES), exponent)
    helped += part.helped
    harmed += part.harmed
  }
  return 1n + maximum(helped, harmed)
}

function partlyMoved(events: Gradients, e: number, scores: readonly GroupScore[], exponent: number) {
  const helped = new Float64Array(SPREAD_MAX + 1)
  const harmed = new Float64Array(SPREAD_MAX + 1)
  for (const score of scores) {
    const value = product(events, e, score.sHat)
    const shift = exponent - score.exponent
    if (value > 0) helped[shift]! += value
    else harmed[shift]! -= value
  }
  return { helped: shiftedSum(helped), harmed: shiftedSum(harmed) }
}

function shiftedSum(byShift: Float64Array): bigint {
  return byShift.reduce((sum, value, shift) => sum + (BigInt(value) << BigInt(shift)), 0n)
}
