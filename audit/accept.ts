import type { DecidedEventType, EventBodies, EventOf } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { Contribution } from './attribution/period.ts'
import { contributionKey, depositKey, findReader } from './close-reasons.ts'
import { eventKey, type History } from './history.ts'

/** Adds an accepted event to what later records may refer to. Called in decision order, so that ranks are accept order. */
export function acceptInto(history: History, event: EventOf<DecidedEventType>, epoch: number): void {
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
      history.policies.push({ epoch, policy: event.body })
      break
    case 'FeatureMapPublished':
      history.featureMaps.set(event.body.featureMap, event.body)
      history.featureMapOfModel.set(event.body.model, event.body)
      break
    case 'Deposited':
      history.deposits.add(depositKey(event.body))
      break
    case 'ContributionBatch': {
      const account = toHex(event.body.account)
      const items = event.body.items.length
      const rank = history.batches.size
      history.batches.set(key, { account, items, rank, withdrawn: new Set(), contributions: [] })
      break
    }
    case 'ContributionWithdrawn':
      acceptWithdrawal(history, event.body)
      break
    case 'InferenceRecorded':
      history.inferences.set(key, event.body)
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
    ...{ account: batch.account, fingerprint: toHex(fingerprint), batchRank: batch.rank, index },
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
