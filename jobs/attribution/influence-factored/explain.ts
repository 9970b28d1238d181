import { fromBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { fullCurvature } from '../bilinear/curvature.ts'
import { solveDemand } from '../bilinear/demand-vector.ts'
import { eventGradients, type GradientRows, itemGradients, vectorBits } from '../bilinear/gradient-rows.ts'
import { cappedMultipliers } from '../bilinear/leverage.ts'
import { curvatureOf } from '../features/curvature-state.ts'
import { type LoadedItems, loadItems } from '../features/load-period.ts'
import { allocateFactoredRows, type FactoredShape, unpackRow } from '../features/packed-row.ts'
import type { Kernels } from '../kernel/kernels.ts'

export interface ExplainInput {
  readonly warehouse: Database
  readonly kernels: Kernels
  /** The cut that the explanation sees. */
  readonly epoch: number
  readonly featureMap: string
  readonly shape: FactoredShape
  /** id hashes of the inferences. */
  readonly inferences: readonly Uint8Array[]
  /** How many items to name for each. */
  readonly top: number
}

/** One contribution behind an answer: how much it pulled towards it. Influence, not payment. */
export interface InfluentialItem {
  readonly account: string
  readonly batch: Uint8Array
  readonly index: number
  readonly score: number
}

export interface EventInfluence {
  /** Strongest first; positive ones pulled towards the label by which the answer is judged. */
  readonly items: readonly InfluentialItem[]
  /** Account → sum of the scores of its items; what it withdrew counts where it lowers the sum. */
  readonly accounts: ReadonlyMap<string, number>
}

/**
 * The influence of every kept item on single inferences: one solve against the period's factor for each, then one dot
 * product an item, with the arithmetic of docs/attribution.md steps 6 and 7. It explains and pays nothing.
 *
 * @returns one entry an inference, in the order given; undefined for one without features
 */
export async function explainInferences(input: ExplainInput): Promise<(EventInfluence | undefined)[]> {
  const { warehouse, kernels, shape, featureMap, epoch } = input
  const loaded = await loadItems(warehouse, shape, featureMap, epoch)
  const { rows } = loaded.items
  if (rows.count === 0) return input.inferences.map(() => undefined)
  const { k } = await curvatureOf({ warehouse, kernels, shape, featureMap, loaded })
  const curvature = fullCurvature(k, shape.rank * shape.classes)
  const items = itemGradients(rows)
  const u = cappedMultipliers(rows)
  const explained: (EventInfluence | undefined)[] = []
  for (const inference of input.inferences) {
    const event = await eventOf(warehouse, inference, shape)
    if (event === undefined) {
      explained.push(undefined)
      continue
    }
    const demand = await kernels.weightedSum(event, [Float64Array.of(1), Float64Array.of(0), Float64Array.of(0)])
    const { v } = solveDemand(demand, curvature, vectorBits(items))
    const projections = await kernels.project(items, v)
    explained.push(
      ranked(
        loaded,
        projections.map((projection, item) => projection * u[item]!),
        input.top,
      ),
    )
  }
  return explained
}

async function eventOf(
  warehouse: Database,
  inference: Uint8Array,
  shape: FactoredShape,
): Promise<GradientRows | undefined> {
  const row = await warehouse.one('SELECT packed FROM inference_features WHERE lower(hex(inference)) = $inference', {
    inference: Buffer.from(inference).toString('hex'),
  })
  if (row === undefined) return undefined
  const rows = allocateFactoredRows(1, shape)
  unpackRow(fromBlob(row.packed), rows, 0)
  return eventGradients(rows)
}

function ranked({ items, accounts, places }: LoadedItems, scores: Float64Array, top: number): EventInfluence {
  const accountOf = (item: number) => accounts[items.account[item]!]!.account
  const sums = new Map<string, number>()
  const withdrawn = new Map<string, number>()
  for (const [item, score] of scores.entries()) {
    const group = items.withdrawn[item] === 1 ? withdrawn : sums
    group.set(accountOf(item), (group.get(accountOf(item)) ?? 0) + score)
  }
  for (const [account, sum] of withdrawn) sums.set(account, (sums.get(account) ?? 0) + Math.min(0, sum))
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, top)
  return {
    items: order.map((item) => ({ account: accountOf(item), ...places[item]!, score: scores[item]! })),
    accounts: sums,
  }
}
