import type { Manifest } from '../../anchor/manifest.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import type { ContributionItem, EventBodies } from '../../schemas/events.ts'
import type { RegisteredSchemas } from '../../schemas/registered-schemas.ts'
import { OUTCOMES } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type EpochFolder, readRecordRows } from '../bundle.ts'
import { eventKey } from '../history.ts'
import { readRecordsOfCut } from '../records.ts'
import type { PublishedItem } from './compare.ts'

/** A contribution whose records are looked for. */
export interface WantedItem {
  readonly featureMap: string
  /** {@link eventKey} of the batch. */
  readonly batchKey: string
  readonly index: number
}

/** Key of a contribution under a feature map. */
export function wantedKey({ featureMap, batchKey, index }: WantedItem): string {
  return `${featureMap}\u0000${batchKey}\u0000${index}`
}

/**
 * Reads the epochs' records a second time, for what was not kept of the few contributions that were drawn: their hashes, and all
 * of their features.
 *
 * @param epochs whose outcomes were recomputed already
 * @returns      by {@link wantedKey}; each wanted one is there
 */
export async function findPublishedItems(
  wanted: readonly WantedItem[],
  epochs: readonly { readonly folder: EpochFolder; readonly manifest: Manifest }[],
  schemas: RegisteredSchemas,
): Promise<Map<string, PublishedItem>> {
  const keys = new Set(wanted.map(wantedKey))
  const batches = new Set(wanted.map(({ batchKey }) => batchKey))
  const items = new Map<string, readonly ContributionItem[]>()
  const features = new Map<string, EventBodies['ContributionFeatures']>()
  for (const { folder, manifest } of epochs) {
    for (const record of readRecordsOfCut(await readRecordRows(folder), manifest)) {
      if (record.topic !== TOPICS.contributions || record.outcome !== OUTCOMES.accepted) continue
      const decoded = decodeRecord(record, schemas)
      if (decoded.outcome !== 'decoded') continue // never: what was accepted is read by a schema that is known by now
      const { event } = decoded
      if (event.type === 'ContributionBatch') {
        const key = eventKey(event.source, event.id)
        if (batches.has(key)) items.set(key, event.body.items)
      } else if (event.type === 'ContributionFeatures') {
        const { featureMap, batchSource, batchId, index } = event.body
        const key = wantedKey({ featureMap, batchKey: eventKey(batchSource, batchId), index })
        if (keys.has(key)) features.set(key, event.body)
      }
    }
  }
  return new Map(
    wanted.map((each) => {
      const key = wantedKey(each)
      return [key, { item: items.get(each.batchKey)![each.index]!, features: features.get(key)! }]
    }),
  )
}
