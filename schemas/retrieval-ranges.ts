import type { EventBodies, RetrievedItem } from './events.ts'
import * as limits from './limits.ts'
import { field, first, identifier, type RangeFault, range } from './ranges.ts'

/** What a use says of the contributions that were retrieved for it: each once. Whether they are there is settled later. */
export function retrievedItems({ retrieved }: EventBodies['InferenceRecorded']): RangeFault | undefined {
  return (
    range('retrieved', retrieved.length, 0, limits.RETRIEVED_MAX) ??
    retrieved.map(retrievedItem).find((fault) => fault !== undefined) ??
    eachOnce(retrieved)
  )
}

function retrievedItem({ batchSource, batchId, index, score }: RetrievedItem): RangeFault | undefined {
  return first(
    identifier('batchSource of retrieved', batchSource),
    identifier('batchId of retrieved', batchId),
    range('index of retrieved', index, 0, limits.BATCH_ITEMS_MAX - 1),
    range('score of retrieved', score, 0, limits.MILLIONTHS),
  )
}

function eachOnce(retrieved: readonly RetrievedItem[]): RangeFault | undefined {
  const named = retrieved.map(({ batchSource, batchId, index }) => JSON.stringify([batchSource, batchId, index]))
  return new Set(named).size === named.length ? undefined : field('retrieved names a contribution twice.')
}
