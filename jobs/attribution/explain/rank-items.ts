import { type GradientRows, vectorBits } from '../bilinear/gradient-rows.ts'
import { exponentFor, largestOf, toInt32 } from '../bilinear/scaled-vector.ts'
import type { Kernels } from '../kernel/kernels.ts'
import type { ExplainedItems, ItemPlace } from './explained-items.ts'
import type { StoredFactor } from './factor-file.ts'

/** One contribution behind an answer: how much it pulled towards it. Influence, not payment. */
export interface InfluentialItem extends ItemPlace {
  readonly account: string
  readonly score: number
}

export interface EventInfluence {
  /** Strongest first; positive ones pulled towards the label by which the answer is judged. */
  readonly items: readonly InfluentialItem[]
  /** Account → sum of the scores of its items; what it withdrew counts where it lowers the sum. */
  readonly accounts: ReadonlyMap<string, number>
}

/**
 * The influence of every item on one event: one substitution, then one pass over the items (docs/attribution.md step 7 with
 * V made from this event alone).
 *
 * @param event one row
 * @param top   how many items to name
 */
export async function rankItems(
  kernels: Kernels,
  factor: Pick<StoredFactor, 'substitute'>,
  items: ExplainedItems,
  event: GradientRows,
  top: number,
): Promise<EventInfluence> {
  const v = vectorOf(factor, event, vectorBits(items.shape))
  const projections = new Float64Array(items.count)
  let from = 0
  let before: Promise<void> | undefined
  // A block is given to the threads before the one before it is done, so that they never wait for this one.
  for await (const rows of items.blocks()) {
    const at = from
    from += rows.count
    const task = kernels.project(rows, v).then((scores) => projections.set(scores, at))
    // A failure waits for the line that awaits it.
    task.catch(() => undefined)
    await before
    before = task
  }
  await before
  const [u, groupOf, accounts] = [await items.multipliers(), await items.groupOf(), await items.accounts()]
  const sums = new Float64Array(2 * accounts.length)
  const scores = projections
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item]! * u[item]!
    scores[item] = score
    sums[groupOf[item]!]! += score
  }
  const named: InfluentialItem[] = []
  for (const item of strongest(scores, top))
    named.push({ ...(await items.placeOf(item)), account: accounts[groupOf[item]! >> 1]!, score: scores[item]! })
  return {
    items: named,
    accounts: new Map(accounts.map((account, at) => [account, sums[2 * at]! + Math.min(0, sums[2 * at + 1]!)])),
  }
}

/** rint(2^k · A⁻¹·g) of the event's gradient; zeros when it has none. */
function vectorOf(
  factor: Pick<StoredFactor, 'substitute'>,
  { rank, classes, errors, factors }: GradientRows,
  bits: number,
): Int32Array {
  const gradient = new Float64Array(rank * classes)
  for (let c = 0; c < classes; c++) for (let j = 0; j < rank; j++) gradient[c * rank + j] = errors[c]! * factors[j]!
  const x = factor.substitute(gradient)
  const largest = largestOf(x)
  return largest === 0 ? new Int32Array(x.length) : toInt32(x, exponentFor(largest, bits))
}

/** Indexes of the greatest values, the greatest first; of equal ones the earlier. */
function strongest(values: Float64Array, count: number): number[] {
  const found: number[] = []
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    if (found.length === count && (count === 0 || value <= values[found[count - 1]!]!)) continue
    let place = found.length
    while (place > 0 && values[found[place - 1]!]! < value) place--
    found.splice(place, 0, at)
    if (found.length > count) found.pop()
  }
  return found
}
