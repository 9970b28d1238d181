import { type Gradients, product } from './gradients.ts'
import { psiOf } from './groups.ts'
import { maximum } from './integers.ts'
import type { Movement, MovementInput } from './movement-input.ts'
import { exponentFor, scaledBy } from './scaled.ts'

const SCORE_BITS = 15
/** Groups may differ in scale by so many powers of two before the smaller one loses digits. */
const SCALE_RANGE = 10

/** What a group's items do to the model: Ŝ ≈ 2^exponent · S. */
interface GroupScore {
  readonly exponent: number
  readonly sHat: Int32Array
}

/** Step 4a: M_e = 1 + max(Σ_g max(T, 0), Σ_g max(−T, 0)), T_eg = ⟨g_e, Ŝ_g⟩·2^(k − k_g). */
export function movementByGroup(input: MovementInput): Movement {
  const scores = scoreGroups(input)
  const exponent = Math.max(...scores.map((score) => score.exponent))
  const moved = Array.from({ length: input.events.count }, (_, e) => movedBy(input.events, e, scores, exponent))
  return { exponent, moved }
}

function scoreGroups({ groups, items, multipliers, solver }: MovementInput): GroupScore[] {
  const solutions = groups.map((group) =>
    solver.substitute(Float64Array.from(psiOf(items, multipliers, group), Number)),
  )
  const exponents = solutions.map((solution) => exponentFor(solution, SCORE_BITS))
  const least = Math.min(...exponents)
  return solutions.map((solution, g) => {
    const exponent = Math.min(exponents[g]!, least + SCALE_RANGE)
    return { exponent, sHat: scaledBy(solution, exponent) }
  })
}

/** ⟨g, Ŝ⟩ is below 2^43, so the sum of all groups of one exponent (at most 1,024) stays below 2^53. */
function movedBy(events: Gradients, e: number, scores: readonly GroupScore[], exponent: number): bigint {
  const helped = new Float64Array(SCALE_RANGE + 1)
  const harmed = new Float64Array(SCALE_RANGE + 1)
  for (const score of scores) {
    const value = product(events, e, score.sHat)
    const shift = exponent - score.exponent
    if (value > 0) helped[shift]! += value
    else harmed[shift]! -= value
  }
  return 1n + maximum(shiftedSum(helped), shiftedSum(harmed))
}

function shiftedSum(byShift: Float64Array): bigint {
  return byShift.reduce((sum, value, shift) => sum + (BigInt(value) << BigInt(shift)), 0n)
}
