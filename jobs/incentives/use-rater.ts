import { type Factor, fullCurvature } from '../attribution/bilinear/curvature.ts'
import { eventGradients, type GradientRows, itemGradients } from '../attribution/bilinear/gradient-rows.ts'
import { GroupSums } from '../attribution/bilinear/group-sums.ts'
import { cappedMultipliers } from '../attribution/bilinear/leverage.ts'
import { movementBound } from '../attribution/bilinear/movement/movement.ts'
import type { Kernels } from '../attribution/kernel/kernels.ts'
import type { FactoredRows, PeriodEvents } from '../attribution/rows.ts'
import { baseWeights, boundOf } from '../attribution/rule/demand.ts'

/** Weights of events are in 256ths (docs/attribution.md step 5). */
const FRACTION = 256

/** Somebody who knows the rule, the model and all accounts' gradients, and looks for uses to buy. */
export interface UseBuyer {
  readonly kernels: Kernels
  /** All contributions of the period, with K of them. */
  readonly rows: FactoredRows
  readonly account: Uint32Array
  /** What the rule sums apart: an account, or what of it was withdrawn. */
  readonly groups: Uint32Array
  readonly curvature: BigInt64Array
  /** The uses of the period, without the purchase. */
  readonly events: PeriodEvents
  /** Of the period as it would be paid without the purchase: it is public. */
  readonly level: { readonly dBar: bigint; readonly exponent: number }
  readonly dataParts: number
  /** Accounts of the buyer. */
  readonly buyers: readonly number[]
  /** 1: the buyer wants its own scores up. −1: it wants the scores of all others down. */
  readonly aim: 1 | -1
  /** Whether to reckon with the cap on what one event can move. */
  readonly capped: boolean
}

/**
 * Rates uses that somebody may buy.
 *
 * @returns how far one unit of the fee of each use moves the scores in the wanted direction, in D̄
 */
export async function useRater(buyer: UseBuyer): Promise<(uses: PeriodEvents) => Promise<Float64Array>> {
  const { kernels, rows, groups, curvature, level, dataParts, capped } = buyer
  const { factor } = fullCurvature(curvature, Math.sqrt(curvature.length))
  const items = itemGradients(rows)
  const u = cappedMultipliers(rows)
  const wanted = await wantedDirection(buyer, items, u, factor)
  const sums = new GroupSums(kernels, items, u, groups)
  const movement = (await movementBound(kernels, eventGradients(buyer.events.rows), sums, factor))!
  // The exponent follows the accounts' solutions, which no purchase changes.
  if (movement.exponent !== level.exponent)
    throw new RangeError('The search and the period disagree about the exponent.')
  const bound = boundOf(level.dBar, dataParts)
  return async (uses) => {
    const gradients = eventGradients(uses.rows)
    const m = await movement.of(gradients)
    return Float64Array.from(baseWeights(uses), (base, at) => {
      // What moves nothing is capped by nothing.
      const cap = capped && m[at]! > 0n ? Number(bound / m[at]!) : Number.POSITIVE_INFINITY
      const score = along(gradients, at, wanted) * 2 ** level.exponent
      return (Math.min(FRACTION * base, cap) * score) / Number(level.dBar)
    })
  }
}

/** A⁻¹ Ψ of whose scores are to rise, less those that are to fall. */
async function wantedDirection(
  { kernels, account, buyers, aim }: UseBuyer,
  items: GradientRows,
  u: Uint32Array,
  factor: Factor,
): Promise<Float64Array> {
  const side = account.map((each) => (buyers.includes(each) === (aim === 1) ? 0 : 1))
  const sums = await kernels.groupGradients(items, u, side, 1)
  return factor.substitute(Float64Array.from(sums, Number)).map((value) => aim * value)
}

function along({ rank, classes, factors, errors }: GradientRows, row: number, direction: Float64Array): number {
  let sum = 0
  for (let c = 0; c < classes; c++) {
    const error = errors[row * classes + c]!
    for (let j = 0; j < rank; j++) sum += error * factors[row * rank + j]! * direction[c * rank + j]!
  }
  return sum
}
