import type { WeighedDelta } from './adjustments.ts'
import { type EpochBundle, TABLES } from './bundle.ts'
import { compareRows } from './compare-settlement.ts'
import { forfeitedOf } from './contested-lines.ts'
import { assertSameJson, differ } from './difference.ts'
import type { DisputeBooks } from './held-disputes.ts'
import type { History } from './history.ts'
import { compareText } from './order.ts'
import { deltasOf } from './published-adjustments.ts'
import type { EpochDelta, Reruns } from './reruns.ts'

/** What adjustments that were accepted in an epoch found, and which of them was taken on trust. */
interface FoundDeltas {
  /** In accept order of the adjustments. */
  readonly deltas: readonly WeighedDelta[]
  /** Their epochs were not settled again by this audit. */
  readonly trusted: readonly string[]
}

/**
 * Holds the adjustments that an epoch published to those that its records order, and what they found to what was settled again.
 * Afterwards their lines stand. What one found is taken over as published only where it cannot be settled again: it begins before
 * the first epoch that is recomputed, or features that took part were erased since.
 *
 * @param disputes as they are when those of the epoch have ended
 * @param from     first epoch that is recomputed
 * @throws DifferenceFound
 */
export function compareAdjustments(
  bundle: EpochBundle,
  history: History,
  reruns: Reruns,
  disputes: DisputeBooks,
  from: number,
): FoundDeltas {
  const ordered = history.adjustments.filter(({ epoch }) => epoch === bundle.epoch).map(({ body }) => body)
  assertSameJson(
    'adjustments',
    'manifest.json adjustments',
    ordered.map(({ adjustment, fromEpoch, toEpoch, method }) => ({ adjustment, fromEpoch, toEpoch, method })),
    bundle.manifest.adjustments,
  )
  const found: (EpochDelta & { readonly adjustment: string })[] = []
  const trusted: string[] = []
  for (const { adjustment, fromEpoch } of ordered) {
    const settledAgain = reruns.deltasOf(adjustment, history)
    if (settledAgain === undefined && fromEpoch >= from && !reruns.isBlind(adjustment))
      differ(
        'adjustments',
        `${TABLES.correctedUses} of ${adjustment}`,
        'what its rerun needs',
        'nothing that can be read',
      )
    const own = settledAgain ?? publishedOf(bundle, adjustment)
    if (settledAgain === undefined) trusted.push(adjustment)
    reruns.end(adjustment, own)
    for (const each of own) found.push({ ...each, adjustment })
  }
  const deltas = forfeitedOf(disputes, found)
  const expected = [...deltas]
    .sort((a, b) => compareText(a.adjustment, b.adjustment))
    .map(({ delta, forfeited, ...each }) => ({ ...each, delta: `${delta}`, forfeited: `${forfeited}` }))
  compareRows('adjustments', TABLES.adjustments, expected, bundle.adjustments)
  return { deltas, trusted }
}

function publishedOf({ adjustments }: EpochBundle, adjustment: string): EpochDelta[] {
  const rows = adjustments.filter((row) => row.adjustment === adjustment)
  return deltasOf(rows).map((delta, index) => ({ ...delta, epoch: rows[index]!.epoch }))
}
