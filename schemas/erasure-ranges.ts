import type { EventBodies } from './events.ts'
import { BATCH_ITEMS_MAX } from './limits.ts'
import { bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

export function erasure(body: EventBodies['ErasureOrdered']): RangeFault | undefined {
  return first(
    identifier('batchSource', body.batchSource),
    identifier('batchId', body.batchId),
    itemIndexes(body.indexes),
    bytes('signature', body.signature, 65),
  )
}

/** Positions in a batch, each once; none stands for all of it. */
export function itemIndexes(indexes: readonly number[]): RangeFault | undefined {
  const ascend = indexes.every((index, at) => index >= 0 && index < BATCH_ITEMS_MAX && !(index <= indexes[at - 1]!))
  return first(
    range('indexes', indexes.length, 0, BATCH_ITEMS_MAX),
    ascend ? undefined : field('indexes must ascend from 0 to 999.'),
  )
}
