import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { allocateFactoredRows, type FactoredShape, unpackRow } from '../attribution/features/packed-row.ts'

const THOUSAND = 1_000

/** Paid uses that had the same right answer, and how sure the model was of it. */
export interface ServedDemand {
  /** The class. */
  readonly label: number
  readonly uses: number
  /** Mean probability that the model gave to the right answer. */
  readonly confidence: number
  /** Uses in which another answer was the likeliest. */
  readonly missed: number
  /** Contributions with this label. */
  readonly contributions: number
}

/** By label, the least sure first; over all accepted uses of the model with features. */
export async function servedDemand(warehouse: Database, model: string): Promise<ServedDemand[]> {
  const map = await warehouse.one('SELECT * FROM feature_map WHERE model = $model', { model })
  const shape = {
    rank: map!.feature_rank as number,
    classes: map!.classes as number,
    checkpointCount: map!.checkpoints as number,
  }
  const values = { featureMap: map!.feature_map as string }
  const sums = Array.from({ length: shape.classes }, () => ({ uses: 0, right: 0, missed: 0, contributions: 0 }))
  await eachRow(
    warehouse,
    'SELECT packed FROM inference_features WHERE feature_map = $featureMap',
    values,
    shape,
    (p, label) => {
      const sum = sums[label]!
      sum.uses++
      sum.right += p[label]!
      if (p.some((other) => other > p[label]!)) sum.missed++
    },
  )
  await eachRow(
    warehouse,
    'SELECT packed FROM contribution_features WHERE feature_map = $featureMap',
    values,
    shape,
    (_, label) => {
      sums[label]!.contributions++
    },
  )
  return sums
    .map(({ uses, right, missed, contributions }, label) => ({
      label,
      uses,
      confidence: uses === 0 ? 0 : right / THOUSAND / uses,
      missed,
      contributions,
    }))
    .filter(({ uses }) => uses > 0)
    .sort((a, b) => a.confidence - b.confidence || a.label - b.label)
}

async function eachRow(
  warehouse: Database,
  sql: string,
  values: { featureMap: string },
  shape: FactoredShape,
  take: (probabilities: Uint16Array, label: number) => void,
): Promise<void> {
  const row = allocateFactoredRows(1, shape)
  await warehouse.run(`CREATE OR REPLACE TEMP TABLE served AS ${sql}`, values)
  for await (const chunk of warehouse.stream('SELECT packed FROM served')) {
    for (const packed of chunk.getColumnValues(0)) {
      unpackRow(fromBlob(packed), row, 0)
      take(row.probabilities, row.labels[0]!)
    }
  }
  await warehouse.run('DROP TABLE served')
}
