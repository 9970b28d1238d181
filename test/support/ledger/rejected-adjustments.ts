import { Records } from './records.ts'

/** For each reason of adjustments, records that have it; in a first epoch there is nothing to settle again. */
export function rejectedAdjustments(records: Records) {
  return {
    ADJUSTMENT_EPOCHS_INVALID: {
      'an adjustment of its own epoch': records.adjustment('adjustment-1', 1, 1),
      'an adjustment of epochs to come': records.adjustment('adjustment-1', 7, 9, { id: 'of epochs to come' }),
    },
  }
}

/** Reasons that other records have, too. */
export function adjustmentsRejectedLikeOthers(records: Records) {
  const elsewhere = new Records(new Uint8Array(32))
  const far = { id: 'far' }
  return {
    SIGNATURE_INVALID: {
      'an adjustment that somebody else signed': records.adjustment('adjustment-2', 1, 1, { ...far, by: 'stranger' }),
      'an adjustment signed for another ledger': elsewhere.adjustment('adjustment-2', 1, 1, far),
    },
  }
}
