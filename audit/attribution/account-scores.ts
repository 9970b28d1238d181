import type { AccountItems } from './clusters.ts'
import { floorLog2, roundHalfEven } from './integers.ts'
import { type Contribution, errorOf, type Shape } from './period.ts'
import type { Solver } from './solve.ts'

/** What an account's items do to the model, as published: Ŝ ≈ 2^k · S. */
export interface AccountScore {
  readonly k: number
  /** D values in [−32767, 32767]. */
  readonly sHat: Int16Array
}

const INT16_MAX = 32_767
/** Accounts may differ in scale by so many powers of two before the smaller one loses digits. */
const SCALE_RANGE = 20
/** An item adds less than 2^41 to an entry of Ψ: so many of them stay below 2^53. */
const ITEMS_BETWEEN_FLUSHES = 2_048

/**
 * Step 3: Ψ, S = solve(K + λI, Ψ), k and Ŝ of each account; undefined for an account with Ψ = 0.
 *
 * @param multipliers u of each kept item
 */
export function scoreAccounts(
  accounts: readonly AccountItems[],
  multipliers: ReadonlyMap<Contribution, number>,
  shape: Shape,
  solver: Solver,
): (AccountScore | undefined)[] {
  const solutions = accounts.map((account) => {
    const psi = psiOf(account.kept, multipliers, shape)
    return psi.every((value) => value === 0) ? undefined : solver.solve(psi)
  })
  const exponents = solutions.map((solution) => (solution === undefined ? undefined : ownExponent(solution)))
  const kMin = Math.min(...exponents.filter((exponent) => exponent !== undefined))
  return solutions.map((solution, index) => {
    if (solution === undefined) return undefined
    const k = Math.min(exponents[index]!, kMin + SCALE_RANGE)
    return { k, sHat: Int16Array.from(solution, (value) => roundHalfEven(value * 2 ** k)) }
  })
}

/** Ψ rounded once to float64. The sum is exact: whole numbers below 2^53, moved to bigint before they could reach it. */
function psiOf(
  items: readonly Contribution[],
  multipliers: ReadonlyMap<Contribution, number>,
  { rank, classes }: Shape,
): Float64Array {
  const size = rank * classes
  const exact: bigint[] = new Array(size).fill(0n)
  const partial = new Float64Array(size)
  const flush = () => {
    for (let i = 0; i < size; i++) exact[i]! += BigInt(partial[i]!)
    partial.fill(0)
  }
  for (const [index, item] of items.entries()) {
    const u = multipliers.get(item)!
    const error = temperedError(item, classes)
    for (let c = 0; c < classes; c++) {
      const scale = error[c]! * u
      for (let j = 0; j < rank; j++) partial[c * rank + j]! += scale * item.a[j]!
    }
    if (index % ITEMS_BETWEEN_FLUSHES === ITEMS_BETWEEN_FLUSHES - 1) flush()
  }
  flush()
  return Float64Array.from(exact, Number)
}

/** 18·(P − 1000·onehot) + 2·((1000 div n) − 1000·onehot): β = 0.1 of the way from the model's output to a uniform one. */
function temperedError({ p, label }: Contribution, classes: number): Float64Array {
  const uniform = Math.floor(1000 / classes)
  return errorOf(p, label).map((error, c) => 18 * error + 2 * (uniform - (c === label ? 1000 : 0)))
}

function ownExponent(solution: Float64Array): number {
  const largest = solution.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const k = 14 - floorLog2(largest)
  return roundHalfEven(largest * 2 ** k) > INT16_MAX ? k - 1 : k
}
