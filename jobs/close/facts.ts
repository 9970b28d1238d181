import {
  BIGINT,
  BLOB,
  BOOLEAN,
  type DuckDBType,
  type DuckDBValue,
  HUGEINT,
  INTEGER,
  LIST,
  listValue,
  VARCHAR,
} from '@duckdb/node-api'
import { commitmentOf } from '../../anchor/commitment.ts'
import { signingDigest } from '../../anchor/signatures/signer.ts'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { DecidedEventType, EventBodies, EventOf } from '../../schemas/events.ts'
import { fromHex, toHex } from '../../schemas/ids.ts'
import { packRow } from '../attribution/features/packed-row.ts'
import type { Outside } from './find-outside.ts'
import type { Moment } from './licences.ts'
import { writeContributionText, writeInferenceText, writeTextMap } from './write-texts.ts'

type Values = DuckDBValue[]

const TABLES = {
  accepted_id: [BLOB, BLOB, INTEGER],
  registered_schema: [INTEGER, VARCHAR, VARCHAR, INTEGER, BIGINT],
  source: [VARCHAR, VARCHAR, LIST(VARCHAR), INTEGER, BIGINT],
  signature_check: [VARCHAR, VARCHAR, BIGINT, BLOB, INTEGER, BIGINT],
  asset: [VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, INTEGER, BIGINT, VARCHAR, VARCHAR],
  asset_parent: [VARCHAR, VARCHAR, INTEGER, INTEGER],
  ownership_change: [VARCHAR, VARCHAR, INTEGER, INTEGER, BIGINT],
  offer: [
    ...[VARCHAR, VARCHAR, VARCHAR, VARCHAR, INTEGER, VARCHAR, HUGEINT, VARCHAR, BIGINT, VARCHAR],
    ...[INTEGER, BIGINT],
  ],
  offer_licence: [VARCHAR, LIST(VARCHAR), BIGINT, BIGINT, BIGINT, VARCHAR, INTEGER, INTEGER, INTEGER, INTEGER],
  offer_withdrawn: [VARCHAR, INTEGER, BIGINT],
  offer_acceptance: [VARCHAR, VARCHAR, VARCHAR, VARCHAR, INTEGER, BIGINT, BIGINT],
  policy: [
    ...[VARCHAR, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, VARCHAR, VARCHAR, INTEGER, INTEGER, INTEGER, BIGINT],
    ...[INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, VARCHAR],
  ],
  model_channels: [VARCHAR, VARCHAR, LIST(VARCHAR)],
  payout_rule: [VARCHAR, INTEGER, INTEGER],
  dispute_rule: [VARCHAR, INTEGER, INTEGER],
  dispute_bond: [VARCHAR, VARCHAR, HUGEINT],
  minimum_payout: [VARCHAR, VARCHAR, HUGEINT],
  feature_map: [VARCHAR, VARCHAR, INTEGER, INTEGER, INTEGER, INTEGER, VARCHAR, INTEGER, BIGINT, VARCHAR],
  text_map: [VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, BLOB, INTEGER, BIGINT],
  contribution_text: [VARCHAR, BLOB, INTEGER, BLOB, BLOB, INTEGER, BIGINT],
  inference_text: [BLOB, VARCHAR, BLOB, INTEGER, BIGINT],
  deposit: [BLOB, INTEGER, VARCHAR, VARCHAR, HUGEINT, INTEGER, BIGINT],
  contribution_commitment: [VARCHAR, BLOB, INTEGER, BIGINT],
  contribution_batch: [BLOB, VARCHAR, VARCHAR, VARCHAR, VARCHAR, INTEGER, INTEGER, BIGINT, BLOB],
  contribution: [BLOB, INTEGER, VARCHAR, BLOB, BLOB],
  contribution_features: [VARCHAR, BLOB, INTEGER, BLOB, INTEGER, BIGINT, BLOB],
  contribution_near: [VARCHAR, BLOB, INTEGER, BLOB, INTEGER, INTEGER, INTEGER],
  contribution_withdrawn: [BLOB, INTEGER, INTEGER],
  contribution_erased: [BLOB, INTEGER, INTEGER],
  voucher: [VARCHAR, VARCHAR, VARCHAR, BIGINT, HUGEINT, INTEGER, BIGINT],
  price_list: [VARCHAR, VARCHAR, VARCHAR, INTEGER, BIGINT],
  price_rule: [VARCHAR, INTEGER, VARCHAR, VARCHAR, BIGINT, BIGINT, BIGINT, HUGEINT],
  inference: [
    ...[BLOB, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, HUGEINT, BLOB, BLOB, INTEGER, BIGINT],
    ...[BOOLEAN, BIGINT, VARCHAR, BLOB, VARCHAR, INTEGER],
  ],
  retrieved_item: [BLOB, INTEGER, BLOB, INTEGER, INTEGER, INTEGER],
  licence: [
    ...[VARCHAR, VARCHAR, VARCHAR, LIST(VARCHAR), BIGINT, BIGINT, VARCHAR, INTEGER, INTEGER],
    ...[INTEGER, BIGINT],
  ],
  licence_revoked: [VARCHAR, INTEGER, BIGINT],
  model_retired: [VARCHAR, INTEGER, BIGINT],
  use_outside: [BLOB, BOOLEAN, BOOLEAN, INTEGER, BIGINT],
  use_outside_dataset: [BLOB, VARCHAR, INTEGER],
  late_use: [BLOB, BIGINT, INTEGER],
  correction: [BLOB, VARCHAR, HUGEINT, VARCHAR, VARCHAR, VARCHAR, INTEGER, BIGINT],
  inference_unit: [BLOB, VARCHAR, BIGINT, INTEGER],
  inference_features: [BLOB, VARCHAR, VARCHAR, INTEGER, INTEGER, BIGINT, BLOB],
  task_outcome: [BLOB, VARCHAR, VARCHAR, VARCHAR, INTEGER, INTEGER, BIGINT],
  agent_step: [
    ...[VARCHAR, VARCHAR, BLOB, INTEGER, BLOB, BLOB, BLOB, BLOB, VARCHAR, BLOB, VARCHAR, HUGEINT],
    ...[VARCHAR, VARCHAR, INTEGER, BIGINT],
  ],
  dispute: [
    ...[VARCHAR, VARCHAR, INTEGER, VARCHAR, VARCHAR, VARCHAR, VARCHAR, VARCHAR, BLOB, HUGEINT],
    ...[VARCHAR, VARCHAR, INTEGER, BIGINT],
  ],
  dispute_item: [VARCHAR, INTEGER, VARCHAR, VARCHAR, INTEGER, INTEGER],
  dispute_resolution: [VARCHAR, BOOLEAN, INTEGER, VARCHAR, INTEGER, BIGINT],
  adjustment: [VARCHAR, INTEGER, INTEGER, VARCHAR, VARCHAR, INTEGER, BIGINT],
} satisfies Record<string, readonly DuckDBType[]>

type FactTable = keyof typeof TABLES

/** Rows of accepted facts, gathered for a page and appended in one go. */
export class Facts {
  readonly #epoch: number
  readonly #ledgerId: Uint8Array
  readonly #rows = new Map<FactTable, Values[]>()

  constructor(epoch: number, ledgerId: Uint8Array) {
    this.#epoch = epoch
    this.#ledgerId = ledgerId
  }

  /** @param moment of the record: its place in the accept order of its epoch, and its effective time */
  add(event: EventOf<DecidedEventType>, idHash: Uint8Array, bodyHash: Uint8Array, moment: Moment): void {
    this.#push('accepted_id', [toBlob(idHash), toBlob(bodyHash), this.#epoch])
    const write = WRITERS[event.type] as (
      event: EventOf,
      place: [number, bigint],
      push: (table: FactTable, values: Values) => void,
      ledgerId: Uint8Array,
      effectiveMs: bigint,
    ) => void
    const { ordinal, effectiveMs } = moment
    write(event, [this.#epoch, ordinal], (table, values) => this.#push(table, values), this.#ledgerId, effectiveMs)
  }

  /** An accepted inference that no licence of its model, of its agent, or of a dataset that it retrieved from, covers. */
  addOutside(idHash: Uint8Array, { model, agent, datasets }: Outside, effectiveMs: bigint): void {
    this.#push('use_outside', [toBlob(idHash), model, agent, this.#epoch, effectiveMs])
    for (const dataset of datasets) this.#push('use_outside_dataset', [toBlob(idHash), dataset, this.#epoch])
  }

  /** An accepted inference that comes late. @param timeMs of its producer's clock */
  addLate(idHash: Uint8Array, timeMs: bigint): void {
    this.#push('late_use', [toBlob(idHash), timeMs, this.#epoch])
  }

  async append(warehouse: Database): Promise<void> {
    for (const [table, rows] of this.#rows) await warehouse.append(table, TABLES[table], rows)
    this.#rows.clear()
  }

  #push(table: FactTable, values: Values): void {
    const rows = this.#rows.get(table)
    if (rows === undefined) this.#rows.set(table, [values])
    else rows.push(values)
  }
}

type Place = readonly [epoch: number, ordinal: bigint]
type Push = (table: FactTable, values: Values) => void
type Writer<Type extends DecidedEventType> = (
  event: EventOf<Type>,
  place: Place,
  push: Push,
  ledgerId: Uint8Array,
  effectiveMs: bigint,
) => void

const WRITERS: { [Type in DecidedEventType]: Writer<Type> } = {
  SchemaRegistered: ({ body }, place, push) =>
    push('registered_schema', [body.schemaId, body.eventType, body.schema, ...place]),
  SourceRegistered: ({ body }, place, push) =>
    push('source', [body.source, toHex(body.key), listValue(body.eventTypes), ...place]),
  SignatureChecked: ({ body }, place, push) =>
    push('signature_check', [
      toHex(body.account),
      toHex(body.digest),
      body.blockNumber,
      toBlob(body.blockHash),
      ...place,
    ]),
  AssetRegistered: writeAsset,
  AssetTransferred: ({ body: { asset, from, to, parts } }, place, push) => {
    push('ownership_change', [asset, toHex(from), -parts, ...place])
    push('ownership_change', [asset, toHex(to), parts, ...place])
  },
  OfferPublished: writeOffer,
  OfferWithdrawn: ({ body }, place, push) => push('offer_withdrawn', [body.offer, ...place]),
  OfferAccepted: ({ source, id, body }, place, push, _ledgerId, effectiveMs) =>
    push('offer_acceptance', [body.offer, toHex(body.buyer), source, id, ...place, effectiveMs]),
  PolicyPublished: ({ body }, place, push) => {
    push('policy', [
      body.policy,
      body.epochIntervalS,
      body.dataParts,
      body.modelParts,
      body.infrastructureParts,
      body.treasuryParts,
      toHex(body.treasury),
      body.method,
      body.minEvents,
      body.maxPeriodEpochs,
      ...place,
      body.featureWaitEpochs,
      body.upstreamParts,
      body.agentParts,
      body.outsideWaitEpochs,
      body.outcomeParts,
      body.outcomeWaitEpochs,
      body.retrievalParts,
      body.retrievalRule,
    ])
    for (const { model, channels } of body.dataChannels)
      push('model_channels', [body.policy, model, listValue(channels)])
    push('payout_rule', [body.policy, body.holdBackParts, body.holdBackEpochs])
    for (const { token, amount } of body.minimumPayouts) push('minimum_payout', [body.policy, toHex(token), amount])
    push('dispute_rule', [body.policy, body.disputeWindowEpochs, body.disputeWaitEpochs])
    for (const { token, amount } of body.disputeBonds) push('dispute_bond', [body.policy, toHex(token), amount])
  },
  FeatureMapPublished: ({ body }, place, push) =>
    push('feature_map', [
      body.featureMap,
      body.model,
      body.rank,
      body.classes,
      body.checkpoints,
      body.unitExponent,
      body.extractor,
      ...place,
      body.similarity,
    ]),
  TextMapPublished: writeTextMap,
  ContributionText: writeContributionText,
  InferenceText: writeInferenceText,
  Deposited: ({ body }, place, push) =>
    push('deposit', [
      toBlob(body.transactionHash),
      body.logIndex,
      toHex(body.payer),
      toHex(body.token),
      body.amount,
      ...place,
    ]),
  ContributionCommitted: ({ body }, place, push) =>
    push('contribution_commitment', [toHex(body.account), toBlob(body.commitment), ...place]),
  ContributionBatch: writeBatch,
  ContributionWithdrawn: ({ body }, place, push) => writeItems('contribution_withdrawn', body, place, push),
  ErasureOrdered: ({ body }, place, push) => writeItems('contribution_erased', body, place, push),
  PriceListPublished: writePriceList,
  LicenceGranted: writeLicence,
  LicenceRevoked: ({ body }, place, push) => push('licence_revoked', [body.grant, ...place]),
  ModelRetired: ({ body }, place, push) => push('model_retired', [body.model, ...place]),
  VoucherPresented: ({ body }, place, push) =>
    push('voucher', [
      ...[toHex(body.payer), body.model, toHex(body.token)],
      ...[body.sequence, body.cumulative, ...place],
    ]),
  InferenceRecorded: writeInference,
  CorrectionRecorded: ({ source, id, body }, place, push) =>
    push('correction', [
      toBlob(idHashOf(body.inferenceSource, body.inferenceId)),
      ...[body.kind, body.fee, body.reason, source, id, ...place],
    ]),
  ContributionFeatures: writeContributionFeatures,
  InferenceFeatures: ({ body }, place, push) =>
    push('inference_features', [
      toBlob(idHashOf(body.inferenceSource, body.inferenceId)),
      body.featureMap,
      body.labelKind,
      body.p16,
      ...place,
      packed(body, body.b, body.ub),
    ]),
  TaskOutcome: ({ source, id, body }, place, push) =>
    push('task_outcome', [
      toBlob(idHashOf(body.inferenceSource, body.inferenceId)),
      ...[source, id, toHex(body.rater), body.score, ...place],
    ]),
  AgentStep: writeStep,
  DisputeOpened: writeDispute,
  DisputeResolved: ({ body: { dispute, upheld, awardParts, reason } }, place, push) =>
    push('dispute_resolution', [dispute, upheld, awardParts, reason, ...place]),
  AdjustmentOrdered: ({ body }, place, push) =>
    push('adjustment', [body.adjustment, body.fromEpoch, body.toEpoch, body.method, body.note, ...place]),
}

/** Its cap table counts from the start of its epoch, as the asset does. */
const FROM_THE_START = -1n

function writeAsset({ body }: EventOf<'AssetRegistered'>, place: Place, push: Push): void {
  const { asset, kind, title, licence, registrant, identity, access, owners, parents } = body
  push('asset', [asset, kind, title, licence, toHex(registrant), ...place, identity, access])
  for (const { account, parts } of owners)
    push('ownership_change', [asset, toHex(account), parts, place[0], FROM_THE_START])
  for (const parent of parents) push('asset_parent', [asset, parent.asset, parent.parts, place[0]])
}

function writeOffer(event: EventOf<'OfferPublished'>, place: Place, push: Push, ledgerId: Uint8Array): void {
  const { offer, seller, kind, asset, parts, token, price, buyer, expiresMs } = event.body
  push('offer', [
    ...[offer, toHex(seller), kind, asset, parts, toHex(token), price, toHex(buyer), expiresMs],
    signingDigest(ledgerId, event),
    ...place,
  ])
  for (const terms of event.body.licence) {
    const { uses, fromMs, untilMs, durationMs, priceList, royaltyParts, coversFromEpoch, copies } = terms
    const when = [fromMs, untilMs, durationMs]
    push('offer_licence', [
      ...[offer, listValue(uses), ...when, priceList, royaltyParts, coversFromEpoch, copies],
      place[0],
    ])
  }
}

function writePriceList({ body }: EventOf<'PriceListPublished'>, place: Place, push: Push): void {
  push('price_list', [body.priceList, body.model, toHex(body.token), ...place])
  for (const [index, rule] of body.rules.entries()) {
    const { unit, use, fromQuantity, fromMs, untilMs, pricePerMillion } = rule
    push('price_rule', [body.priceList, index, unit, use, fromQuantity, fromMs, untilMs, pricePerMillion])
  }
}

function writeLicence({ body }: EventOf<'LicenceGranted'>, place: Place, push: Push): void {
  const { grant, asset, licensee, uses, fromMs, untilMs, priceList, royaltyParts, coversFromEpoch } = body
  const terms = [listValue(uses), fromMs, untilMs, priceList, royaltyParts, coversFromEpoch]
  push('licence', [grant, asset, toHex(licensee), ...terms, ...place])
}

function writeInference({ source, id, body }: EventOf<'InferenceRecorded'>, place: Place, push: Push): void {
  const inference = toBlob(idHashOf(source, id))
  push('inference', [
    inference,
    source,
    id,
    body.model,
    body.infrastructure,
    toHex(body.payer),
    toHex(body.token),
    body.fee,
    toBlob(body.inputHash),
    toBlob(body.outputHash),
    ...place,
    body.commercial,
    body.voucher,
    body.priceList,
    body.quoteId.length === 0 ? null : toBlob(body.quoteId),
    body.agent,
    body.retrieved.length,
  ])
  for (const [rank, { batchSource, batchId, index, score }] of body.retrieved.entries())
    push('retrieved_item', [inference, rank, toBlob(idHashOf(batchSource, batchId)), index, score, place[0]])
  for (const { unit, quantity } of body.units) push('inference_unit', [inference, unit, quantity, place[0]])
}

function writeStep(event: EventOf<'AgentStep'>, place: Place, push: Push, ledgerId: Uint8Array): void {
  const { source, id, body } = event
  push('agent_step', [
    body.agent,
    toHex(body.account),
    toBlob(body.run),
    body.step,
    toBlob(fromHex(signingDigest(ledgerId, event))),
    toBlob(body.previous),
    toBlob(body.inputHash),
    toBlob(body.outputHash),
    body.model,
    body.inferenceId === '' ? null : toBlob(idHashOf(body.inferenceSource, body.inferenceId)),
    toHex(body.token),
    body.cost,
    source,
    id,
    ...place,
  ])
}

function writeDispute({ source, id, body }: EventOf<'DisputeOpened'>, place: Place, push: Push): void {
  const { dispute, opener, epoch, account, token, kind, asset, claim, items, evidence, bond } = body
  push('dispute', [
    ...[dispute, toHex(opener), epoch, toHex(account), toHex(token), kind, asset, claim, toBlob(evidence), bond],
    ...[source, id, ...place],
  ])
  for (const [item, { batchSource, batchId, index }] of items.entries())
    push('dispute_item', [dispute, item, batchSource, batchId, index, place[0]])
}

function writeBatch(
  { source, id, body }: EventOf<'ContributionBatch'>,
  place: Place,
  push: Push,
  ledgerId: Uint8Array,
): void {
  const batch = toBlob(idHashOf(source, id))
  const account = toHex(body.account)
  const { account: own, items, commitmentSalt: salt } = body
  const commitment = salt.length === 0 ? null : toBlob(commitmentOf({ ledgerId, account: own, items, salt }))
  push('contribution_batch', [batch, source, id, account, body.dataset, items.length, ...place, commitment])
  for (const [index, item] of body.items.entries()) {
    push('contribution', [batch, index, account, toBlob(item.contentHash), toBlob(item.labelHash)])
  }
}

/** A whole batch is one row: whoever names it again and again adds no more rows than records. */
function writeItems(
  table: 'contribution_withdrawn' | 'contribution_erased',
  body: EventBodies['ErasureOrdered'] | EventBodies['ContributionWithdrawn'],
  [epoch]: Place,
  push: Push,
): void {
  const batch = toBlob(idHashOf(body.batchSource, body.batchId))
  for (const index of body.indexes.length === 0 ? [null] : body.indexes) push(table, [batch, index, epoch])
}

function writeContributionFeatures({ body }: EventOf<'ContributionFeatures'>, place: Place, push: Push): void {
  const item = [body.featureMap, toBlob(idHashOf(body.batchSource, body.batchId)), body.index]
  push('contribution_features', [...item, toBlob(body.fingerprint), ...place, packed(body, body.a, body.ua)])
  for (const { batchSource, batchId, index, similarity } of body.near)
    push('contribution_near', [...item, toBlob(idHashOf(batchSource, batchId)), index, similarity, place[0]])
}

type Features = EventBodies['ContributionFeatures'] | EventBodies['InferenceFeatures']

function packed({ label, p, checkpoints }: Features, factors: Uint8Array, multiplier: number) {
  return toBlob(packRow({ factors, multiplier, label, probabilities: p, checkpoints }))
}
