import { accountOf } from './cast.ts'
import { hashOf, Records, SOURCES } from './records.ts'

const LINE = { epoch: 1, account: 'partner', kind: 'model', asset: 'reader' } as const
const OWN = { ...LINE, account: 'alice' } as const

/** What a first epoch refuses: there is no line yet. The other reasons: test/jobs/disputes.test.ts. */
export function rejectedDisputes(records: Records) {
  return {
    DISPUTE_EPOCH_INVALID: {
      'a dispute of a line of its own epoch': records.dispute('early', 'alice', LINE, 1n),
      'a dispute of a line to come': records.dispute('early', 'alice', { ...LINE, epoch: 7 }, 1n),
      'a dispute of a line to come of its own': records.dispute('early', 'alice', OWN, 0n),
    },
    DISPUTE_UNKNOWN: {
      'a decision of no dispute': records.resolution('nothing', 1),
      'a decision of a dispute that was refused': records.resolution('early', 'rejected'),
    },
  }
}

/** Reasons that other records have, too. */
export function disputesRejectedLikeOthers(records: Records) {
  return {
    SIGNATURE_INVALID: {
      'a decision by a stranger': records.resolution('nothing', 1, { by: 'stranger' }),
      'a decision for another ledger': new Records(new Uint8Array(32)).resolution('nothing', 1),
    },
    SOURCE_UNKNOWN: {
      'a dispute from nowhere': records.dispute('early', 'alice', LINE, 1n, { source: 'urn:nowhere' }),
    },
    TYPE_NOT_PERMITTED: {
      'a portal that disputes': records.dispute('early', 'alice', LINE, 1n, { source: SOURCES.portal }),
    },
  }
}

/** For reasons of ingest: out of range, and signed by nobody, since no type of EIP-712 holds most of it. */
export function outOfRangeDisputes(records: Records) {
  const signature = new Uint8Array(65)
  const dispute = (body: object) => records.dispute('d', 'alice', LINE, 1n, { body: { signature, ...body } })
  const resolution = (body: object) => records.resolution('d', 1, { body: { signature, ...body } })
  const item = { batchSource: SOURCES.portal, batchId: 'b', index: 0 }
  const bond = (amount: bigint) => ({ token: new Uint8Array(20), amount })
  const policy = (body: object) =>
    records.policy({ policy: 'p', disputeWindowEpochs: 1, disputeWaitEpochs: 1, ...body })
  return {
    AMOUNT_NEGATIVE: {
      'a bond below 0': dispute({ bond: -1n }),
      'a policy that asks less than nothing': policy({ disputeBonds: [bond(-1n)] }),
    },
    AMOUNT_TOO_LARGE: {
      'a bond of 2^96': dispute({ bond: 1n << 96n }),
      'a policy that asks 2^96': policy({ disputeBonds: [bond(1n << 96n)] }),
    },
    FIELD_INVALID: {
      'a dispute without a name': dispute({ dispute: '' }),
      'a dispute of an asset of 257 characters': dispute({ asset: 'a'.repeat(257) }),
      'a dispute of no kind of line': dispute({ kind: '' }),
      'a dispute of epoch 0': dispute({ epoch: 0 }),
      'a dispute by 19 bytes': dispute({ opener: accountOf('alice').subarray(1) }),
      'evidence of 31 bytes': dispute({ evidence: hashOf('evidence').subarray(1) }),
      'a claim about features of nothing': dispute({ claim: 'features' }),
      'a claim of duplicates of nothing': dispute({ claim: 'duplicate' }),
      'an item twice': dispute({ items: [item, { ...item }] }),
      'an item of number 1,000': dispute({ items: [{ ...item, index: 1_000 }] }),
      'an item of no batch': dispute({ items: [{ ...item, batchId: '' }] }),
      '65 items': dispute({ items: Array.from({ length: 65 }, (_, index) => ({ ...item, index })) }),
      'an award above the whole': resolution({ awardParts: 1_000_001 }),
      'an award below nothing': resolution({ awardParts: -1 }),
      'an award of what is rejected': resolution({ upheld: false }),
      'a reason of 257 characters': resolution({ reason: 'x'.repeat(257) }),
      'disputes for 101 epochs': policy({ disputeWindowEpochs: 101 }),
      'decisions for 101 epochs': policy({ disputeWaitEpochs: 101 }),
      'disputes without an end': policy({ disputeWaitEpochs: 0 }),
      'an end of no disputes': policy({ disputeWindowEpochs: 0 }),
      'a bond of nothing': policy({ disputeBonds: [bond(0n)] }),
      'a bond twice': policy({ disputeBonds: [bond(1n), bond(1n)] }),
      'a bond where nothing can be disputed': policy({
        ...{ disputeWindowEpochs: 0, disputeWaitEpochs: 0, disputeBonds: [bond(1n)] },
      }),
    },
  }
}
