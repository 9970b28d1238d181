import { adjustment } from './adjustment-ranges.ts'
import { correction, retirement } from './correction-ranges.ts'
import { openedDispute, resolvedDispute } from './dispute-ranges.ts'
import { erasure, itemIndexes } from './erasure-ranges.ts'
import { DECISION_ORDER, type EventBodies, type EventOf, type EventType } from './events.ts'
import { licence, revocation } from './licence-ranges.ts'
import * as limits from './limits.ts'
import { acceptance, offer, withdrawnOffer } from './market-ranges.ts'
import { agentStep, taskOutcome } from './outcome-ranges.ts'
import { priceList, usePayment, voucher } from './payment-ranges.ts'
import { bondAmounts, channelRules, disputeRules, minimumAmounts, payoutRules } from './policy-ranges.ts'
import { amount, bytes, field, first, identifier, type RangeFault, range } from './ranges.ts'
import { isRegistrable } from './registered-schemas.ts'
import { retrievedItems } from './retrieval-ranges.ts'
import { contributionText, inferenceText, textMap } from './text-ranges.ts'

/** The ranges of docs/formats.md#decisions; the first fault, or undefined. */
export function findRangeFault(event: EventOf): RangeFault | undefined {
  // Each checker takes the body of its own type; the table below is total over the types.
  const check = CHECKS[event.type] as (body: EventOf['body']) => RangeFault | undefined
  return check(event.body)
}

const CHECKS: { [Type in EventType]: (body: EventBodies[Type]) => RangeFault | undefined } = {
  SchemaRegistered: (body) =>
    first(
      range('schemaId', body.schemaId, 1, limits.BUILT_IN_SCHEMA_IDS_FROM - 1),
      isRegistrable(body.eventType) ? undefined : field('eventType names no type that may have another schema.'),
      range('bytes of schema', Buffer.byteLength(body.schema), 1, limits.SCHEMA_BYTES_MAX),
      bytes('signature', body.signature, 65),
    ),
  SourceRegistered: (body) =>
    first(
      identifier('source', body.source),
      bytes('key', body.key, 20),
      bytes('signature', body.signature, 65),
      body.eventTypes.length > 0 && body.eventTypes.length <= DECISION_ORDER.length
        ? undefined
        : field('eventTypes must name 1 to all types.'),
      body.eventTypes.every((type) => DECISION_ORDER.some((known) => known === type))
        ? undefined
        : field('eventTypes names a type that does not exist.'),
    ),
  AssetRegistered: (body) =>
    first(
      shares(body.owners),
      royalties(body.parents),
      identifier('asset', body.asset),
      identifier('title', body.title),
      identifier('licence', body.licence),
      body.kind === 'infrastructure' && body.access !== 'open' ? field('access of infrastructure is open.') : undefined,
      body.identity === '' || ERC_8004_ID.test(body.identity)
        ? undefined
        : field('identity must be empty or eip155:chain:registry/id.'),
      bytes('registrant', body.registrant, 20),
      bytes('signature', body.signature, 65),
    ),
  AssetTransferred: (body) =>
    first(
      identifier('asset', body.asset),
      bytes('from', body.from, 20),
      bytes('to', body.to, 20),
      Buffer.compare(body.from, body.to) === 0 ? field('from and to are the same account.') : undefined,
      range('parts', body.parts, 1, limits.MILLIONTHS),
      bytes('signature', body.signature, 65),
    ),
  OfferPublished: offer,
  OfferWithdrawn: withdrawnOffer,
  OfferAccepted: acceptance,
  PolicyPublished: (body) =>
    first(
      minimumAmounts(body),
      bondAmounts(body),
      policyParts(body),
      identifier('policy', body.policy),
      limits.METHODS.some((method) => method === body.method)
        ? undefined
        : field('method is not known to this version.'),
      bytes('treasury', body.treasury, 20),
      range('epochIntervalS', body.epochIntervalS, 1, 31_536_000),
      range('minEvents', body.minEvents, 1, 1_000_000_000),
      range('maxPeriodEpochs', body.maxPeriodEpochs, 1, 10_000),
      range('featureWaitEpochs', body.featureWaitEpochs, 0, limits.FEATURE_WAIT_EPOCHS_MAX),
      range('outcomeWaitEpochs', body.outcomeWaitEpochs, 0, limits.OUTCOME_WAIT_EPOCHS_MAX),
      range('outsideWaitEpochs', body.outsideWaitEpochs, 0, limits.OUTSIDE_WAIT_EPOCHS_MAX),
      channelRules(body),
      payoutRules(body),
      disputeRules(body),
      bytes('signature', body.signature, 65),
    ),
  FeatureMapPublished: (body) =>
    first(
      identifier('featureMap', body.featureMap),
      identifier('model', body.model),
      identifier('extractor', body.extractor),
      body.kind === 'factored' ? undefined : field('kind must be factored.'),
      range('rank', body.rank, 1, limits.RANK_MAX),
      range('classes', body.classes, 2, limits.CLASSES_MAX),
      range('rank x classes', body.rank * body.classes, 1, limits.DIMENSION_MAX),
      range('checkpoints', body.checkpoints, 0, limits.CHECKPOINTS_MAX),
      range('unitExponent', body.unitExponent, 0, 62),
      bytes('codeHash', body.codeHash, 32),
      bytes('weightsHash', body.weightsHash, 32),
      bytes('basisHash', body.basisHash, 32),
      bytes('trainingSetHash', body.trainingSetHash, 32),
      bytes('fingerprintSalt', body.fingerprintSalt, 16),
      limits.SIMILARITIES.some((measure) => measure === body.similarity)
        ? undefined
        : field('similarity is no measure that this version knows.'),
      bytes('registrant', body.registrant, 20),
      bytes('signature', body.signature, 65),
    ),
  TextMapPublished: textMap,
  PriceListPublished: priceList,
  LicenceGranted: licence,
  LicenceRevoked: revocation,
  ModelRetired: retirement,
  VoucherPresented: voucher,
  ContributionCommitted: (body) => first(bytes('account', body.account, 20), bytes('commitment', body.commitment, 32)),
  ContributionBatch: (body) =>
    first(
      bytes('account', body.account, 20),
      identifier('dataset', body.dataset),
      identifier('licence', body.licence),
      range('items', body.items.length, 1, limits.BATCH_ITEMS_MAX),
      body.items.every((item) => item.contentHash.length === 32 && item.labelHash.length === 32)
        ? undefined
        : field('A hash of an item does not have 32 bytes.'),
      body.commitmentSalt.length === 0 ? undefined : bytes('commitmentSalt', body.commitmentSalt, 32),
      bytes('signature', body.signature, 65),
    ),
  ContributionWithdrawn: (body) =>
    first(
      bytes('account', body.account, 20),
      identifier('batchSource', body.batchSource),
      identifier('batchId', body.batchId),
      itemIndexes(body.indexes),
      bytes('signature', body.signature, 65),
    ),
  ErasureOrdered: erasure,
  ContributionFeatures: (body) =>
    first(
      featureVector(body.a, body.ua),
      probabilities(body),
      identifier('featureMap', body.featureMap),
      identifier('batchSource', body.batchSource),
      identifier('batchId', body.batchId),
      range('index', body.index, 0, limits.BATCH_ITEMS_MAX - 1),
      bytes('fingerprint', body.fingerprint, 32),
      near(body),
    ),
  InferenceRecorded: (body) =>
    first(
      amount(body.fee),
      identifier('model', body.model),
      identifier('infrastructure', body.infrastructure),
      body.agent === '' ? undefined : identifier('agent', body.agent),
      bytes('payer', body.payer, 20),
      bytes('token', body.token, 20),
      bytes('inputHash', body.inputHash, 32),
      bytes('outputHash', body.outputHash, 32),
      usePayment(body),
      retrievedItems(body),
    ),
  CorrectionRecorded: correction,
  InferenceFeatures: (body) =>
    first(
      featureVector(body.b, body.ub),
      probabilities(body),
      inFeatureRange('p16', body.p16, limits.UINT16_MAX),
      identifier('featureMap', body.featureMap),
      identifier('inferenceSource', body.inferenceSource),
      identifier('inferenceId', body.inferenceId),
    ),
  ContributionText: contributionText,
  InferenceText: inferenceText,
  Deposited: (body) =>
    first(
      amount(body.amount),
      body.chainId >= 0n && body.blockNumber >= 0n ? undefined : field('chainId and blockNumber must not be negative.'),
      range('logIndex', body.logIndex, 0, 0x7fffffff),
      bytes('distributor', body.distributor, 20),
      bytes('payer', body.payer, 20),
      bytes('token', body.token, 20),
      bytes('transactionHash', body.transactionHash, 32),
      bytes('blockHash', body.blockHash, 32),
    ),
  SignatureChecked: (body) =>
    first(
      body.chainId >= 0n && body.blockNumber >= 0n ? undefined : field('chainId and blockNumber must not be negative.'),
      bytes('account', body.account, 20),
      bytes('digest', body.digest, 32),
      range('bytes of signature', body.signature.length, 0, limits.CONTRACT_SIGNATURE_BYTES_MAX),
      bytes('blockHash', body.blockHash, 32),
    ),
  TaskOutcome: taskOutcome,
  AgentStep: agentStep,
  DisputeOpened: openedDispute,
  DisputeResolved: resolvedDispute,
  AdjustmentOrdered: adjustment,
  // Written by Tallystick to its own topic; on an input topic it is a TOPIC_MISMATCH before this is asked.
  CutPublished: (body) => range('epoch', body.epoch, 1, 0x7fffffff),
}

/** Each pair once, and none of a contribution with itself. */
function near(body: EventBodies['ContributionFeatures']): RangeFault | undefined {
  const tooMany = range('near', body.near.length, 0, limits.NEAR_MAX)
  if (tooMany !== undefined) return tooMany
  for (const each of body.near) {
    const fault = first(
      identifier('batchSource of near', each.batchSource),
      identifier('batchId of near', each.batchId),
      range('index of near', each.index, 0, limits.BATCH_ITEMS_MAX - 1),
      range('similarity', each.similarity, 0, limits.MILLIONTHS),
    )
    if (fault !== undefined) return fault
  }
  const named = [body, ...body.near].map(({ batchSource, batchId, index }) =>
    JSON.stringify([batchSource, batchId, index]),
  )
  return new Set(named).size === named.length ? undefined : field('near names the item itself, or another one twice.')
}

function shares(owners: readonly { account: Uint8Array; parts: number }[]): RangeFault | undefined {
  if (owners.length > limits.OWNERS_MAX)
    return { reason: 'SHARES_INVALID', detail: `An asset has at most ${limits.OWNERS_MAX} owners.` }
  let sum = 0
  for (const [index, owner] of owners.entries()) {
    if (owner.account.length !== 20) return field('An owner is no address of 20 bytes.')
    const before = owners[index - 1]
    if (before !== undefined && Buffer.compare(before.account, owner.account) >= 0) {
      return { reason: 'SHARES_INVALID', detail: 'Owners must be strictly ascending by account.' }
    }
    if (owner.parts < 1 || owner.parts > limits.MILLIONTHS) {
      return { reason: 'SHARES_INVALID', detail: 'An owner has less than 1 or more than 1,000,000 parts.' }
    }
    sum += owner.parts
  }
  return sum === limits.MILLIONTHS
    ? undefined
    : { reason: 'SHARES_INVALID', detail: `The parts of the owners sum to ${sum}, not 1,000,000.` }
}

/** An id in an identity registry of ERC-8004, with the account of the registry as CAIP-10 has it. */
const ERC_8004_ID = /^eip155:[1-9]\d{0,31}:0x[0-9a-f]{40}\/(0|[1-9]\d{0,77})$/

/** What the parents ask for together is bounded; whether they are there and agree is for close. */
function royalties(parents: EventBodies['AssetRegistered']['parents']): RangeFault | undefined {
  if (parents.length > limits.PARENTS_MAX) return field(`An asset has at most ${limits.PARENTS_MAX} parents.`)
  let sum = 0
  for (const [index, parent] of parents.entries()) {
    const fault = first(
      identifier('a parent', parent.asset),
      range('parts of a parent', parent.parts, 1, limits.MILLIONTHS),
      bytes('signature of a parent', parent.signature, 65),
    )
    if (fault !== undefined) return fault
    const before = parents[index - 1]
    if (before !== undefined && Buffer.compare(Buffer.from(before.asset), Buffer.from(parent.asset)) >= 0)
      return field('parents must be strictly ascending by the bytes of their names.')
    sum += parent.parts
  }
  return sum <= limits.ROYALTY_PARTS_MAX
    ? undefined
    : {
        reason: 'ROYALTY_EXCEEDED',
        detail: `The parts of the parents sum to ${sum}, above ${limits.ROYALTY_PARTS_MAX}.`,
      }
}

function policyParts(policy: EventBodies['PolicyPublished']): RangeFault | undefined {
  const parts = [
    ...[policy.dataParts, policy.modelParts, policy.upstreamParts, policy.agentParts],
    ...[policy.outcomeParts, policy.infrastructureParts, policy.treasuryParts],
  ]
  if (parts.some((part) => part < 0 || part > limits.MILLIONTHS)) {
    return { reason: 'SHARES_INVALID', detail: 'A part lies outside 0 to 1,000,000.' }
  }
  const sum = parts.reduce((total, part) => total + part, 0)
  if (sum !== limits.MILLIONTHS) return { reason: 'SHARES_INVALID', detail: `The parts sum to ${sum}, not 1,000,000.` }
  return policy.dataParts <= limits.DATA_PARTS_MAX
    ? undefined
    : {
        reason: 'SHARES_INVALID',
        detail: 'Data parts above 600,000 would let payers profit from buying their own data.',
      }
}

function outOfRange(detail: string): RangeFault {
  return { reason: 'FEATURE_OUT_OF_RANGE', detail }
}

function inFeatureRange(name: string, value: number, high: number): RangeFault | undefined {
  return value >= 0 && value <= high ? undefined : outOfRange(`${name} must lie between 0 and ${high}.`)
}

function featureVector(values: Uint8Array, multiplier: number): RangeFault | undefined {
  const signed = new Int8Array(values.buffer, values.byteOffset, values.byteLength)
  if (signed.some((value) => value < -limits.FEATURE_VALUE_MAX || value > limits.FEATURE_VALUE_MAX)) {
    return outOfRange('A value of the vector lies outside [-63, 63].')
  }
  return inFeatureRange('The multiplier', multiplier, limits.UINT16_MAX)
}

function probabilities(body: { p: number[]; checkpoints: number[]; label: number }): RangeFault | undefined {
  const classes = body.p.length
  if (classes < 1 || body.checkpoints.length % classes !== 0)
    return outOfRange('checkpoints must hold whole rows of p.')
  const rows = [body.p]
  for (let at = 0; at < body.checkpoints.length; at += classes) rows.push(body.checkpoints.slice(at, at + classes))
  for (const row of rows) {
    const fault = probabilityRow(row, classes)
    if (fault !== undefined) return fault
  }
  return inFeatureRange('label', body.label, classes - 1)
}

function probabilityRow(row: readonly number[], classes: number): RangeFault | undefined {
  let sum = 0
  for (const p of row) {
    if (p < 0 || p > limits.PROBABILITY_UNIT) return outOfRange('A probability lies outside [0, 1000].')
    sum += p
  }
  return Math.abs(sum - limits.PROBABILITY_UNIT) <= classes
    ? undefined
    : outOfRange(`Probabilities sum to ${sum}, which is not within ${classes} of 1000.`)
}
