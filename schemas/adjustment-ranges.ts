import type { EventBodies } from './events.ts'
import * as limits from './limits.ts'
import { bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

export function adjustment(body: EventBodies['AdjustmentOrdered']): RangeFault | undefined {
  const { fromEpoch, toEpoch, method } = body
  return first(
    identifier('adjustment', body.adjustment),
    range('fromEpoch', fromEpoch, 1, 0x7fffffff),
    range('toEpoch', toEpoch, fromEpoch, fromEpoch + limits.ADJUSTED_EPOCHS_MAX - 1),
    method === '' || limits.METHODS.some((known) => known === method)
      ? undefined
      : field('method is not known to this version.'),
    range('characters of note', body.note.length, 0, limits.NOTE_CHARACTERS_MAX),
    bytes('signature', body.signature, 65),
  )
}
