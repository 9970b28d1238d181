import type { EventBodies } from './events.ts'
import * as limits from './limits.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'

const INT_MAX = 0x7fffffff

export function openedDispute(body: EventBodies['DisputeOpened']): RangeFault | undefined {
  return first(
    amount(body.bond),
    identifier('dispute', body.dispute),
    bytes('opener', body.opener, 20),
    range('epoch', body.epoch, 1, INT_MAX),
    bytes('account', body.account, 20),
    bytes('token', body.token, 20),
    identifier('kind', body.kind),
    // A line that pays what was owed for no model in particular names none.
    body.asset === '' ? undefined : identifier('asset', body.asset),
    items(body),
    bytes('evidence', body.evidence, 32),
    bytes('signature', body.signature, 65),
  )
}

export function resolvedDispute(body: EventBodies['DisputeResolved']): RangeFault | undefined {
  return first(
    identifier('dispute', body.dispute),
    range('awardParts', body.awardParts, 0, body.upheld ? limits.MILLIONTHS : 0),
    range('characters of reason', body.reason.length, 0, limits.DISPUTE_REASON_CHARACTERS_MAX),
    bytes('signature', body.signature, 65),
  )
}

/** What a machine is to look at has to be named, each item once. */
function items({ claim, items: named }: EventBodies['DisputeOpened']): RangeFault | undefined {
  const least = claim === 'features' || claim === 'duplicate' ? 1 : 0
  const wrongNumber = range('items', named.length, least, limits.DISPUTE_ITEMS_MAX)
  if (wrongNumber !== undefined) return wrongNumber
  for (const { batchSource, batchId, index } of named) {
    const fault = first(
      identifier('batchSource of an item', batchSource),
      identifier('batchId of an item', batchId),
      range('index of an item', index, 0, limits.BATCH_ITEMS_MAX - 1),
    )
    if (fault !== undefined) return fault
  }
  const different = new Set(
    named.map(({ batchSource, batchId, index }) => JSON.stringify([batchSource, batchId, index])),
  )
  return different.size === named.length ? undefined : field('An item is named twice.')
}
