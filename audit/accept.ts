import { commitmentOf } from '../anchor/commitment.ts'
import { signingDigest } from '../anchor/signatures/signer.ts'
import type { EventBodies, EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { COMMIT_EPOCHS_MAX } from '../schemas/limits.ts'
import { depositKey, findReader, type ObjectEvent } from './close-reasons.ts'
import { acceptOpening } from './dispute-reasons.ts'
import type { ErasedRecord } from './erasures.ts'
import { findBatch, findUse, type History, numberOfBatch } from './history.ts'
import { acceptOutcome, acceptStep } from './outcome-reasons.ts'
import { voucherKey } from './payments.ts'
import { answerKey } from './signed-by.ts'

/** What an acceptance is besides the event. */
interface AcceptedIn {
  readonly ledgerId: Uint8Array
  readonly epoch: number
  /** Of a batch or a commitment: its place among all of them, in accept order. */
  readonly rank: number | undefined
  /** Of its record in the epoch. */
  readonly row: number
}

/**
 * Adds an accepted event to what later records may refer to. Called in decision order.
 *
 * @returns the number of a batch, else 0
 */
export function acceptInto(history: History, event: ObjectEvent, accepted: AcceptedIn): number {
  switch (event.type) {
    case 'SchemaRegistered':
      acceptSchema(history, event.body)
      return 0
    case 'SourceRegistered':
      // Registered again: the later one counts, and what it permits is in force for this epoch already.
      history.sources.set(event.body.source, event.body)
      return 0
    case 'AssetRegistered':
      history.assets.set(event.body.asset, event.body)
      history.ownership.register(event.body)
      return 0
    case 'AssetTransferred':
      history.ownership.transfer(accepted.row, event.body)
      return 0
    case 'LicenceGranted':
      history.licences.grant(event.body, accepted)
      return 0
    case 'LicenceRevoked':
      history.licences.revoke(event.body.grant, accepted)
      return 0
    case 'ModelRetired':
      history.retirements.retire(event.body.model, accepted)
      return 0
    case 'OfferPublished':
      history.market.publish(event.body, signingDigest(accepted.ledgerId, event))
      return 0
    case 'OfferWithdrawn':
      history.market.withdraw(event.body.offer)
      return 0
    case 'OfferAccepted': // it is settled with the fees
      return 0
    case 'SignatureChecked':
      history.contractAnswers.set(answerKey(toHex(event.body.account), toHex(event.body.digest)), accepted.epoch)
      return 0
    case 'PolicyPublished':
      history.policies.push({ epoch: accepted.epoch, policy: event.body })
      return 0
    case 'AdjustmentOrdered':
      history.adjustments.push({ epoch: accepted.epoch, body: event.body })
      return 0
    case 'FeatureMapPublished':
      history.featureMaps.set(event.body.featureMap, event.body)
      history.featureMapOfModel.set(event.body.model, event.body)
      return 0
    case 'TextMapPublished':
      history.texts.addMap(event.body)
      return 0
    case 'ContributionText':
      acceptItemText(history, event.body)
      return 0
    case 'InferenceText':
      history.texts.addOutput(
        event.body,
        findUse(history, event.body.inferenceSource, event.body.inferenceId),
        accepted.epoch,
      )
      return 0
    case 'PriceListPublished':
      history.payments.priceLists.set(event.body.priceList, event.body)
      return 0
    case 'Deposited':
      history.deposits.add(depositKey(event.body))
      return 0
    case 'ContributionCommitted':
      acceptCommitment(history, event.body, accepted)
      return 0
    case 'ContributionBatch':
      return acceptBatch(history, event, accepted)
    case 'ContributionWithdrawn':
      acceptWithdrawal(history, event.body)
      return 0
    case 'ErasureOrdered':
      acceptErasure(history, event.body, accepted.epoch)
      return 0
    case 'VoucherPresented':
      history.payments.vouchers.add(voucherKey(event.body))
      return 0
    case 'CorrectionRecorded':
      history.corrections.correct(findUse(history, event.body.inferenceSource, event.body.inferenceId), event.body)
      return 0
    case 'TaskOutcome':
      acceptOutcome(history, event)
      return 0
    case 'AgentStep':
      acceptStep(history, accepted.ledgerId, event)
      return 0
    case 'DisputeOpened':
      acceptOpening(history, event.body, accepted.epoch)
      return 0
    case 'DisputeResolved':
      history.disputes.close(event.body.dispute)
      return 0
  }
}

function acceptSchema(history: History, body: EventBodies['SchemaRegistered']): void {
  const found = findReader(body)
  if (found === undefined) return // it was not accepted
  history.schemas.set(body.schemaId, found)
  history.schemaRegistrations.set(body.schemaId, body)
}

function acceptCommitment(
  history: History,
  { account, commitment }: EventBodies['ContributionCommitted'],
  { epoch, rank }: AcceptedIn,
): void {
  const key = toHex(account) + toHex(commitment)
  const earlier = history.commitments.get(key) ?? []
  if (earlier.at(-1)?.epoch !== epoch) history.commitments.set(key, [...inTime(earlier, epoch), { epoch, rank: rank! }])
}

/** Those that still count for a batch of the epoch. */
function inTime<Commitment extends { readonly epoch: number }>(
  commitments: readonly Commitment[],
  epoch: number,
): Commitment[] {
  return commitments.filter((commitment) => commitment.epoch >= epoch - COMMIT_EPOCHS_MAX)
}

function acceptBatch(history: History, event: EventOf<'ContributionBatch'>, accepted: AcceptedIn): number {
  const { account, dataset, items, commitmentSalt: salt } = event.body
  const rank = accepted.rank!
  const key =
    salt.length === 0
      ? undefined
      : toHex(account) + toHex(commitmentOf({ ledgerId: accepted.ledgerId, account, items, salt }))
  const committed = key === undefined ? [] : (history.commitments.get(key) ?? [])
  const first = inTime(committed, accepted.epoch).find((each) => each.rank < rank)
  const batch = { account: toHex(account), dataset, items: items.length, rank, priority: first?.rank ?? rank }
  return history.batches.push({ ...batch, withdrawn: undefined, erased: undefined }) - 1
}

function acceptItemText(history: History, body: EventBodies['ContributionText']): void {
  const number = numberOfBatch(history, body.batchSource, body.batchId)
  history.texts.addItem(body, number, history.batches[number]!)
}

/** An item whose accepted text was erased. */
export function acceptErasedText(history: History, { textMap, batchSource, batchId, index }: ErasedRecord): void {
  const number = numberOfBatch(history, batchSource, batchId)
  history.texts.addErasedItem(textMap!, number, history.batches[number]!, index)
}

/** No index: all of the batch. Features may be there already, or come later. */
function acceptWithdrawal(history: History, body: EventBodies['ContributionWithdrawn']): void {
  const batch = findBatch(history, body.batchSource, body.batchId)!
  batch.withdrawn = marked(batch.withdrawn, batch.items, body.indexes)
}

/** As a withdrawal names them. What features tell of them counts no more. */
function acceptErasure(history: History, body: EventBodies['ErasureOrdered'], epoch: number): void {
  history.erasures.newestOrder = epoch
  const batch = findBatch(history, body.batchSource, body.batchId)!
  batch.erased = marked(batch.erased, batch.items, body.indexes)
}

function marked(before: Uint8Array | undefined, items: number, indexes: readonly number[]): Uint8Array {
  const marks = before ?? new Uint8Array(items)
  if (indexes.length === 0) marks.fill(1)
  for (const index of indexes) marks[index] = 1
  return marks
}
