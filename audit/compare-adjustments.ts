import { type EpochBundle, TABLES } from './bundle.ts'
import { compareRows } from './compare-settlement.ts'
import { assertSameJson } from './difference.ts'
import type { History } from './history.ts'
import { compareText } from './order.ts'
import { deltasOf } from './published-adjustments.ts'
import type { EpochDelta, Reruns } from './reruns.ts'

/** What adjustments that were accepted in an epoch found, and which of them was taken on trust. */
export interface FoundDeltas {
  readonly deltas: readonly EpochDelta[]
  /** Their epochs were not settled again by this audit. */
  readonly trusted: readonly string[]
}

/**
 * Holds the adjustments that an epoch published to those that its records order, and what they found to what was settled again.
 * Afterwards their lines stand.
 *
 * @throws DifferenceFound
 */
export function compareAdjustments(bundle: EpochBundle, history: History, reruns: Reruns): FoundDeltas {
  const ordered = history.adjustments.filter(({ epoch }) => epoch === bundle.epoch).map(({ body }) => body)
  assertSameJson(
    'adjustments',
    'manifest.json adjustments',
    ordered.map(({ adjustment, fromEpoch, toEpoch, method }) => ({ adjustment, fromEpoch, toEpoch, method })),
    bundle.manifest.adjustments,
  )
  const deltas: (EpochDelta & { readonly adjustment: string })[] = []
  const trusted: string[] = []
  for (const { adjustment } of ordered) {
    const settledAgain = reruns.deltasOf(adjustment, history)
    const found = settledAgain ?? publishedOf(bundle, adjustment)
    if (settledAgain === undefined) trusted.push(adjustment)
    reruns.end(adjustment, found)
    for (const each of found) deltas.push({ ...each, adjustment })
  }
  const expected = deltas
    .sort((a, b) => compareText(a.adjustment, b.adjustment))
    .map(({ adjustment, epoch, account, token, kind, asset, delta }) => {
      return { adjustment, epoch, account, token, kind, asset, delta: delta.toString() }
    })
  compareRows('adjustments', TABLES.adjustments, expected, bundle.adjustments)
  return { deltas, trusted }
}

function publishedOf({ adjustments }: EpochBundle, adjustment: string): EpochDelta[] {
  const rows = adjustments.filter((row) => row.adjustment === adjustment)
  return deltasOf(rows).map((delta, index) => ({ ...delta, epoch: rows[index]!.epoch }))
}
