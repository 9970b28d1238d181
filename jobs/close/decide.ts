import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { signingDigest } from '../../anchor/signatures/signer.ts'
import { INGEST_GAP } from '../../pipelines/ingest/accepted-gap.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { IdIndex } from '../../pipelines/warehouse/id-index/id-index.ts'
import { DECISION_STEPS, type DecidedEventType, type EventOf } from '../../schemas/events.ts'
import type { Genesis } from '../../schemas/genesis.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import { OUTCOMES, type Outcome, REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import { type Policy, policyInForce } from '../funding/policy.ts'
import { addUsedQuantities } from '../pricing/used-quantities.ts'
import type { CheckContext } from './check-context.ts'
import { usedBeforePage } from './check-use.ts'
import { checkEvent } from './checks.ts'
import { decideWaiting } from './decide-waiting.ts'
import { Facts } from './facts.ts'
import { findOutside } from './find-outside.ts'
import type { Moment } from './licences.ts'
import { pagesOfTypes, typesOfCut } from './pages.ts'
import { PresentFees } from './present-fees.ts'
import { type Candidate, PageReferences } from './references.ts'
import { Registry } from './registry.ts'
import { RetrievedDatasets } from './retrieved-datasets.ts'

const DECISION_TYPES = [BIGINT, INTEGER, INTEGER, VARCHAR]

export interface DecideOptions {
  readonly warehouse: Database
  readonly index: IdIndex
  readonly epoch: number
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  readonly onProgress?: (decided: number) => void
}

/**
 * Decides every record of `cut_record` (docs/formats.md#decisions): step by step, within a step in accept order. Fills the
 * temporary table `decision` (one row per record) and appends the accepted facts. Runs inside the caller's transaction.
 */
export async function decideRecords(options: DecideOptions): Promise<void> {
  const { warehouse, index } = options
  await warehouse.run(
    'CREATE OR REPLACE TEMP TABLE decision (rid BIGINT, outcome INTEGER, reason INTEGER, detail VARCHAR)',
  )
  await warehouse.run(
    `INSERT INTO decision SELECT c.rid, ${OUTCOMES.rejected}, c.ingest_reason, r.detail
     FROM cut_record AS c JOIN record AS r USING (rid) WHERE c.ingest_reason > 0`,
  )
  await warehouse.run(
    `INSERT INTO decision SELECT rid, ${OUTCOMES.gap}, 0, NULL FROM cut_record WHERE ingest_reason = ${INGEST_GAP}`,
  )
  const registry = await Registry.load(warehouse, options.epoch)
  const asked = { policyIn: policiesOf(warehouse), lateBeforeMs: await lastCutMs(warehouse, options.epoch) }
  let decided = 0
  let present = await typesOfCut(warehouse)
  for (const types of DECISION_STEPS) {
    const found = types.filter((type) => present.has(type))
    for await (const page of found.length === 0 ? [] : pagesOfTypes(warehouse, found, registry.schemas)) {
      await decidePage(options, registry, page, asked)
      await index.spillWhenFull()
      decided += page.length
      options.onProgress?.(decided)
    }
    if (types.includes('InferenceRecorded')) await addUsedQuantities(warehouse, options.epoch)
    if (types.includes('SchemaRegistered')) {
      // Now all schemas are known that count for this cut: what waited for them is of some type, or rejected.
      await decideWaiting(warehouse, registry.schemas)
      present = await typesOfCut(warehouse)
    }
  }
}

async function decidePage(
  options: DecideOptions,
  registry: Registry,
  page: readonly Candidate[],
  { policyIn, lateBeforeMs }: Asked,
): Promise<void> {
  const { warehouse, index, genesis, ledgerId, epoch } = options
  const references = new PageReferences(index, registry, page, { epoch, ledgerId })
  const usedBefore = await usedBeforePage(warehouse, registry, page)
  const moment = { epoch, ordinal: 0n, effectiveMs: 0n }
  const presentFees = await PresentFees.load(warehouse, page)
  const retrievedFrom = await RetrievedDatasets.load(warehouse, registry, page)
  const context = { genesis, ledgerId, epoch, registry, references, usedBefore, policyIn, presentFees, moment }
  const facts = new Facts(epoch, ledgerId)
  const decisions: DuckDBValue[][] = []
  for (const candidate of page) {
    const used = references.bodyUnder(candidate.idHash)
    if (used !== undefined) {
      decisions.push(
        Buffer.compare(used, candidate.bodyHash) === 0
          ? decision(candidate, 'duplicate')
          : decision(candidate, 'rejected', 'ID_REUSED'),
      )
      continue
    }
    context.moment = { epoch, ordinal: candidate.ordinal, effectiveMs: candidate.effectiveMs }
    const reason = await checkEvent(candidate.event, context)
    if (reason !== undefined) {
      decisions.push(decision(candidate, 'rejected', reason))
      continue
    }
    references.take(candidate)
    if (candidate.event.type === 'CorrectionRecorded') presentFees.correct(candidate.event)
    register(registry, candidate.event, context.moment, ledgerId)
    facts.add(candidate.event, candidate.idHash, candidate.bodyHash, context.moment)
    noteOutside(facts, registry, retrievedFrom, candidate, context.moment)
    noteLate(facts, candidate, lateBeforeMs)
    decisions.push(decision(candidate, 'accepted'))
  }
  await facts.append(warehouse)
  await warehouse.append('decision', DECISION_TYPES, decisions)
}

/** What all pages of a cut ask. */
interface Asked {
  readonly policyIn: CheckContext['policyIn']
  /** Uses that their producers' clocks place before it are late; undefined in the first epoch. */
  readonly lateBeforeMs: bigint | undefined
}

async function lastCutMs(warehouse: Database, epoch: number): Promise<bigint | undefined> {
  const row = await warehouse.one<{ cut_time_ms: bigint }>('SELECT cut_time_ms FROM epoch WHERE epoch = $last', {
    last: epoch - 1,
  })
  return row?.cut_time_ms
}

/** Each asked for once: it is asked when the policies of the cut are decided, and does not change then. */
function policiesOf(warehouse: Database): CheckContext['policyIn'] {
  const known = new Map<number, Promise<Policy | undefined>>()
  return (epoch) => {
    const policy = known.get(epoch) ?? policyInForce(warehouse, epoch)
    known.set(epoch, policy)
    return policy
  }
}

function noteOutside(
  facts: Facts,
  registry: Registry,
  retrievedFrom: RetrievedDatasets,
  { event, idHash }: Candidate,
  moment: Moment,
): void {
  if (event.type !== 'InferenceRecorded') return
  const outside = findOutside(event, registry, retrievedFrom, moment)
  if (outside !== undefined) facts.addOutside(idHash, outside, moment.effectiveMs)
}

/** It is settled like any other: this is for people. */
function noteLate(facts: Facts, { idHash, producedMs }: Candidate, lateBeforeMs: bigint | undefined): void {
  if (producedMs === undefined || lateBeforeMs === undefined || producedMs >= lateBeforeMs) return
  facts.addLate(idHash, producedMs)
}

function register(
  registry: Registry,
  event: EventOf<DecidedEventType>,
  { epoch, ordinal }: Moment,
  ledgerId: Uint8Array,
): void {
  const place = { epoch, ordinal }
  if (event.type === 'SchemaRegistered') registry.addSchema(event.body)
  if (event.type === 'SourceRegistered') registry.sources.set(event.body.source, new Set(event.body.eventTypes))
  if (event.type === 'AssetRegistered') registry.addAsset(event.body, place)
  if (event.type === 'AssetTransferred') registry.transfer(event.body)
  if (event.type === 'OfferPublished') registry.market.publish(event.body, signingDigest(ledgerId, event))
  if (event.type === 'OfferWithdrawn') registry.market.withdraw(event.body.offer)
  if (event.type === 'SignatureChecked')
    registry.addContractSignature(toAddress(toHex(event.body.account)), toHex(event.body.digest))
  if (event.type === 'PolicyPublished') registry.policies.add(event.body.policy)
  if (event.type === 'AdjustmentOrdered') registry.adjustments.add(event.body.adjustment)
  if (event.type === 'FeatureMapPublished') registry.addFeatureMap(event.body.featureMap, event.body)
  if (event.type === 'TextMapPublished') registry.textMaps.add(event.body)
  if (event.type === 'ErasureOrdered') registry.erased.add(event.body, epoch)
  if (event.type === 'PriceListPublished') registry.addPriceList(event.body)
  if (event.type === 'LicenceGranted') registry.licences.grant(event.body, place)
  if (event.type === 'DisputeOpened') registry.disputes.open(event.body)
  if (event.type === 'DisputeResolved') registry.disputes.resolve(event.body.dispute)
  if (event.type === 'LicenceRevoked') registry.licences.revoke(event.body.grant, place)
  if (event.type === 'ModelRetired') registry.retirements.retire(event.body.model, place)
}

function decision(candidate: Candidate, outcome: Outcome, reason?: RejectionReason): DuckDBValue[] {
  return [candidate.rid, OUTCOMES[outcome], reason === undefined ? 0 : REJECTION_REASONS[reason], null]
}
