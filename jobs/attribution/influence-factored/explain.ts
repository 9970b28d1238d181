import { fromBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { Cholesky } from '../solver/cholesky.ts'
import { curvature, damping } from './curvature.ts'
import { withDiagonal } from './demand-vector.ts'
import { type FeatureShape, type ItemMatrix, loadItems } from './item-matrix.ts'

const itemsSql = readSql(new URL('./items.sql', import.meta.url))
const keptItemsSql = readSql(new URL('./kept-items.sql', import.meta.url))

export interface ExplainInput {
  readonly warehouse: Database
  /** The cut that the explanation sees. */
  readonly epoch: number
  readonly featureMap: string
  readonly shape: FeatureShape
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
  /** Account → sum of the scores of its kept items. */
  readonly accounts: ReadonlyMap<string, number>
}

/**
 * The influence of every kept item on single inferences: one solve against the period's factor for each, then one dot
 * product an item (docs/attribution.md). Float64: it explains and pays nothing.
 *
 * @returns one entry an inference, in the order given; undefined for one without features
 */
export async function explainInferences(input: ExplainInput): Promise<(EventInfluence | undefined)[]> {
  const { warehouse, shape, featureMap, epoch } = input
  await warehouse.run(itemsSql, { featureMap, epoch })
  await warehouse.run(keptItemsSql)
  const items = await loadItems(warehouse, shape)
  if (items.count === 0) return input.inferences.map(() => undefined)
  const size = shape.rank * shape.classes
  const k = curvature(items)
  const factor = new Cholesky(withDiagonal(k, size, damping(k, size)), size)
  const places = (await warehouse.all('SELECT batch, item_index FROM kept_item ORDER BY item')).map((row) => ({
    batch: fromBlob(row.batch),
    index: row.item_index as number,
  }))
  const explained: (EventInfluence | undefined)[] = []
  for (const inference of input.inferences) {
    const gradient = await eventGradient(warehouse, inference, shape)
    explained.push(gradient && rank(items, places, factor.solve(gradient), input.top))
  }
  return explained
}

async function eventGradient(
  warehouse: Database,
  inference: Uint8Array,
  { rank, classes }: FeatureShape,
): Promise<Float64Array | undefined> {
  const row = await warehouse.one<{ b: { items: number[] }; ub: number; p: { items: number[] }; label: number }>(
    'SELECT b, ub, p, label FROM inference_features WHERE lower(hex(inference)) = $inference',
    { inference: Buffer.from(inference).toString('hex') },
  )
  if (row === undefined) return undefined
  const gradient = new Float64Array(rank * classes)
  for (let c = 0; c < classes; c++) {
    const error = row.p.items[c]! - (row.label === c ? 1000 : 0)
    for (let j = 0; j < rank; j++) gradient[c * rank + j] = error * row.b.items[j]! * row.ub
  }
  return gradient
}

function rank(
  items: ItemMatrix,
  places: readonly { batch: Uint8Array; index: number }[],
  solution: Float64Array,
  top: number,
): EventInfluence {
  const scores = Float64Array.from({ length: items.count }, (_, i) => itemScore(items, solution, i))
  const accounts = new Map<string, number>()
  for (const [i, score] of scores.entries())
    accounts.set(items.account[i]!, (accounts.get(items.account[i]!) ?? 0) + score)
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b)
  return {
    items: order.slice(0, top).map((i) => ({ account: items.account[i]!, ...places[i]!, score: scores[i]! })),
    accounts,
  }
}

function itemScore({ a, p, u, label, rank, classes }: ItemMatrix, solution: Float64Array, i: number): number {
  let score = 0
  for (let c = 0; c < classes; c++) {
    const onehot = label[i] === c ? 1000 : 0
    const error = 18 * (p[i * classes + c]! - onehot) + 2 * (Math.floor(1000 / classes) - onehot)
    let projected = 0
    for (let j = 0; j < rank; j++) projected += a[i * rank + j]! * solution[c * rank + j]!
    score += error * projected
  }
  return score * u[i]!
}
