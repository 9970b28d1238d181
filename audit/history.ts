import type { EventBodies } from '../schemas/events.ts'
import type { RegisteredSchema } from '../schemas/registered-schemas.ts'
import { AgentWork } from './agent-work.ts'
import { type AcceptedBatch, ContributionTable } from './contributions.ts'
import { Corrections, Retirements } from './corrections.ts'
import { KnownDisputes } from './disputes.ts'
import { type ErasedRecord, Erasures } from './erasures.ts'
import { Licences } from './licences.ts'
import { Market } from './market.ts'
import { Ownership } from './ownership.ts'
import { emptyPayments, type Payments } from './payments.ts'
import { IdTable, idKey } from './records/id-table.ts'
import { addresses, asciiTexts, type TextTable } from './records/text-table.ts'
import { TYPE_NUMBERS } from './records/type-numbers.ts'
import { KnownTexts } from './texts.ts'

/** Everything accepted so far that a later record may refer to, and everything settlement needs. */
export interface History {
  /** (source, id) → what used it up. */
  readonly ids: IdTable
  readonly names: TextTable
  readonly accounts: TextTable
  /** By schema id: what reads values written with it, and the registration that said so. */
  readonly schemas: Map<number, RegisteredSchema>
  readonly schemaRegistrations: Map<number, EventBodies['SchemaRegistered']>
  /** By `ce_source`: the registration in force. */
  readonly sources: Map<string, EventBodies['SourceRegistered']>
  readonly assets: Map<string, EventBodies['AssetRegistered']>
  readonly ownership: Ownership
  readonly licences: Licences
  readonly market: Market
  /** By account ‖ digest: the last epoch in which the answer of a contract was accepted; those that still count. */
  readonly contractAnswers: Map<string, number>
  /** In accept order. */
  readonly policies: { epoch: number; policy: EventBodies['PolicyPublished'] }[]
  /** In accept order. */
  readonly adjustments: { epoch: number; body: EventBodies['AdjustmentOrdered'] }[]
  readonly featureMaps: Map<string, EventBodies['FeatureMapPublished']>
  readonly featureMapOfModel: Map<string, EventBodies['FeatureMapPublished']>
  readonly deposits: Set<string>
  readonly payments: Payments
  /** By number: a batch's entry in `ids` refers to it. */
  readonly batches: AcceptedBatch[]
  /** By account ‖ commitment, of each epoch the first; ascending. */
  readonly commitments: Map<string, { readonly epoch: number; readonly rank: number }[]>
  /** How many batches and commitments were sent, accepted or not. */
  contributionRecords: number
  /** By feature map. */
  readonly contributions: Map<string, ContributionTable>
  /** Entries in `ids` of the inferences that have features. */
  readonly featured: FeaturedSet
  readonly agentWork: AgentWork
  readonly corrections: Corrections
  readonly retirements: Retirements
  /** What bundles say was erased. */
  readonly erasures: Erasures
  /** Entries in `ids` of accepted records that were erased: what their values were is not known. */
  readonly erasedIds: Set<number>
  readonly disputes: KnownDisputes
  readonly texts: KnownTexts
}

export function emptyHistory(): History {
  return {
    ids: new IdTable(),
    names: asciiTexts(),
    accounts: addresses(),
    schemas: new Map(),
    schemaRegistrations: new Map(),
    sources: new Map(),
    assets: new Map(),
    ownership: new Ownership(),
    licences: new Licences(),
    market: new Market(),
    contractAnswers: new Map(),
    policies: [],
    adjustments: [],
    featureMaps: new Map(),
    featureMapOfModel: new Map(),
    deposits: new Set(),
    payments: emptyPayments(),
    batches: [],
    commitments: new Map(),
    contributionRecords: 0,
    contributions: new Map(),
    featured: new FeaturedSet(),
    agentWork: new AgentWork(),
    corrections: new Corrections(),
    retirements: new Retirements(),
    erasures: new Erasures(),
    erasedIds: new Set(),
    disputes: new KnownDisputes(),
    texts: new KnownTexts(),
  }
}

/** A set of entries, a bit for each. */
export class FeaturedSet {
  #bits = new Uint8Array(1_024)

  has(entry: number): boolean {
    return ((this.#bits[entry >> 3] ?? 0) & (1 << (entry & 7))) !== 0
  }

  add(entry: number): void {
    if (entry >> 3 >= this.#bits.length) {
      const bits = new Uint8Array(Math.max(this.#bits.length * 2, (entry >> 3) + 1))
      bits.set(this.#bits)
      this.#bits = bits
    }
    this.#bits[entry >> 3]! |= 1 << (entry & 7)
  }
}

/** Number of the accepted batch of a key, or −1. */
export function findBatchNumber({ ids }: History, key: Uint32Array, at: number): number {
  const entry = ids.find(key, at)
  return entry >= 0 && ids.typeOf(entry) === TYPE_NUMBERS.ContributionBatch ? ids.refOf(entry) : -1
}

/** Number of the accepted batch of (source, id), or −1. */
export function numberOfBatch(history: History, source: string, id: string): number {
  return findBatchNumber(history, idKey(source, id), 0)
}

/** Entry in `ids` of the accepted inference of (source, id), or −1. */
export function findUse({ ids }: History, source: string, id: string): number {
  const entry = ids.find(idKey(source, id), 0)
  return entry >= 0 && ids.typeOf(entry) === TYPE_NUMBERS.InferenceRecorded ? entry : -1
}

/** The accepted batch of (source, id). */
export function findBatch(history: History, source: string, id: string): AcceptedBatch | undefined {
  return history.batches[numberOfBatch(history, source, id)]
}

/** Whether the erasure of an item was ordered, in an epoch that was read. */
export function isErased(history: History, { batchSource, batchId, index }: ErasedRecord): boolean {
  return findBatch(history, batchSource, batchId)?.erased?.[index] === 1
}

/** Of a map that was published. */
export function contributionsOf(history: History, map: EventBodies['FeatureMapPublished']): ContributionTable {
  const known = history.contributions.get(map.featureMap) ?? new ContributionTable(map)
  history.contributions.set(map.featureMap, known)
  return known
}
