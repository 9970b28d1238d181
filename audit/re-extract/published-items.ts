import type { Manifest } from '../../anchor/manifest.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import type { ContributionItem, EventBodies } from '../../schemas/events.ts'
import type { RegisteredSchemas } from '../../schemas/registered-schemas.ts'
import { OUTCOMES } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type EpochFolder, openRecords } from '../bundle.ts'
import type { CurrentRecord } from '../records/current-record.ts'
import { readRecordsOfCut } from '../records.ts'
import type { PublishedItem } from './compare.ts'

/** A contribution whose records are looked for. */
export interface WantedItem {
  readonly featureMap: string
  /** Place of its batch among all batches and commitments. */
  readonly batchRank: number
  readonly index: number
}

/** Key of a contribution under a feature map. */
export function wantedKey({ featureMap, batchRank, index }: WantedItem): string {
  return `${featureMap}\u0000${batchRank}\u0000${index}`
}

/**
 * Reads the epochs' records a second time, for what was not kept of the few contributions that were drawn: their hashes, and all
 * of their features.
 *
 * @param epochs whose outcomes were recomputed already
 * @param rankOf place of the accepted batch of (source, id), undefined when there is none
 * @returns      by {@link wantedKey}; each wanted one is there
 */
export async function findPublishedItems(
  wanted: readonly WantedItem[],
  epochs: readonly { readonly folder: EpochFolder; readonly manifest: Manifest }[],
  schemas: RegisteredSchemas,
  rankOf: (source: string, id: string) => number | undefined,
): Promise<Map<string, PublishedItem>> {
  const keys = new Set(wanted.map(wantedKey))
  const batches = new Set(wanted.map(({ batchRank }) => batchRank))
  const items = new Map<number, readonly ContributionItem[]>()
  const features = new Map<string, EventBodies['ContributionFeatures']>()
  const visit = (record: CurrentRecord) => {
    if (record.topic !== TOPICS.contributions || record.outcome !== OUTCOMES.accepted) return
    const decoded = decodeRecord(record.raw(), schemas)
    if (decoded.outcome !== 'decoded') return // never: what was accepted is read by a schema that is known by now
    const { event } = decoded
    if (event.type === 'ContributionBatch') {
      const rank = rankOf(event.source, event.id)
      if (rank !== undefined && batches.has(rank)) items.set(rank, event.body.items)
    } else if (event.type === 'ContributionFeatures') {
      const { featureMap, batchSource, batchId, index } = event.body
      const key = wantedKey({ featureMap, batchRank: rankOf(batchSource, batchId) ?? -1, index })
      if (keys.has(key)) features.set(key, event.body)
    }
  }
  for (const { folder, manifest } of epochs) {
    const table = await openRecords(folder)
    try {
      await readRecordsOfCut(table, manifest, visit)
    } finally {
      await table.close()
    }
  }
  return new Map(
    wanted.map((each) => {
      const key = wantedKey(each)
      return [key, { item: items.get(each.batchRank)![each.index]!, features: features.get(key)! }]
    }),
  )
}
