import { commitmentOf } from '../anchor/commitment.ts'
import type { DecidedEventType, EventBodies, EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import { COMMIT_EPOCHS_MAX } from '../schemas/limits.ts'
import type { Contribution } from './attribution/period.ts'
import { contributionKey, depositKey, findReader } from './close-reasons.ts'
import { eventKey, type History } from './history.ts'
import { acceptUse, voucherKey } from './payments.ts'

/** What an acceptance is besides the event. */
interface AcceptedIn {
  readonly ledgerId: Uint8Array
  readonly epoch: number
  /** Of a batch or a commitment: its place among all of them, in accept order. */
  readonly rank: number | undefined
}

/** Adds an accepted event to what later records may refer to. Called in decision order. */
export function acceptInto(history: History, event: EventOf<DecidedEventType>, accepted: AcceptedIn): void {
  const key = eventKey(event.source, event.id)
  switch (event.type) {
    case 'SchemaRegistered':
      acceptSchema(history, event.body)
      break
    case 'SourceRegistered':
      // Registered again: the later one counts, and what it permits is in force for this epoch already.
      history.sources.set(event.body.source, event.body)
      break
    case 'AssetRegistered':
      history.assets.set(event.body.asset, event.body)
      break
    case 'PolicyPublished':
      history.policies.push({ epoch: accepted.epoch, policy: event.body })
      break
    case 'FeatureMapPublished':
      history.featureMaps.set(event.body.featureMap, event.body)
      history.featureMapOfModel.set(event.body.model, event.body)
      break
    case 'PriceListPublished':
      history.payments.priceLists.set(event.body.priceList, event.body)
      break
    case 'Deposited':
      history.deposits.add(depositKey(event.body))
      break
    case 'ContributionCommitted':
      acceptCommitment(history, event.body, accepted)
      break
    case 'ContributionBatch':
      acceptBatch(history, event, accepted)
      break
    case 'ContributionWithdrawn':
      acceptWithdrawal(history, event.body)
      break
    case 'VoucherPresented':
      history.payments.vouchers.add(voucherKey(event.body))
      break
    case 'InferenceRecorded':
      history.inferences.set(key, event.body)
      acceptUse(history.payments, event.body, accepted.epoch)
      break
    case 'ContributionFeatures':
      acceptContribution(history, event)
      break
    case 'InferenceFeatures':
      history.inferenceFeatures.set(eventKey(event.body.inferenceSource, event.body.inferenceId), event.body)
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

function acceptBatch(history: History, event: EventOf<'ContributionBatch'>, accepted: AcceptedIn): void {
  const { account, items, commitmentSalt: salt } = event.body
  const rank = accepted.rank!
  const key =
    salt.length === 0
      ? undefined
      : toHex(account) + toHex(commitmentOf({ ledgerId: accepted.ledgerId, account, items, salt }))
  const committed = key === undefined ? [] : (history.commitments.get(key) ?? [])
  const first = inTime(committed, accepted.epoch).find((each) => each.rank < rank)
  history.batches.set(eventKey(event.source, event.id), {
    ...{ account: toHex(account), items: items.length, rank, priority: first?.rank ?? rank },
    ...{ withdrawn: new Set(), contributions: [] },
  })
}

/** No index: all of the batch. Features may be there already, or come later. */
function acceptWithdrawal(history: History, body: EventBodies['ContributionWithdrawn']): void {
  const { items, withdrawn, contributions } = history.batches.get(eventKey(body.batchSource, body.batchId))!
  const indexes = body.indexes.length > 0 ? body.indexes : Array.from({ length: items }, (_, index) => index)
  for (const index of indexes) withdrawn.add(index)
  for (const contribution of contributions) contribution.isWithdrawn = withdrawn.has(contribution.index)
}

function acceptContribution(history: History, event: EventOf<'ContributionFeatures'>): void {
  const { featureMap, batchSource, batchId, index, fingerprint, a, ua, p, label, near } = event.body
  const batch = history.batches.get(eventKey(batchSource, batchId))!
  const contributions = history.contributions.get(featureMap) ?? []
  const contribution: Contribution = {
    ...{ account: batch.account, fingerprint: toHex(fingerprint) },
    ...{ priority: batch.priority, batchRank: batch.rank, index },
    near: near.map((other) => ({
      batchRank: history.batches.get(eventKey(other.batchSource, other.batchId))!.rank,
      index: other.index,
    })),
    isWithdrawn: batch.withdrawn.has(index),
    ...{ a: Int8Array.from(a), ua, p, label },
  }
  contributions.push(contribution)
  batch.contributions.push(contribution)
  history.contributions.set(featureMap, contributions)
  history.withFeatures.add(contributionKey(event.body))
}
