import type { DecidedEventType, EventBodies, EventOf } from '../schemas/events.ts'
import type { RegisteredSchema } from '../schemas/registered-schemas.ts'
import type { Contribution } from './attribution/period.ts'
import { emptyPayments, type Payments } from './payments.ts'
import type { AuditRecord } from './records.ts'

/** An accepted record. */
export interface Accepted<Type extends DecidedEventType = DecidedEventType> {
  readonly epoch: number
  readonly record: AuditRecord
  readonly event: EventOf<Type>
}

interface AcceptedBatch {
  /** 0x-hex. */
  readonly account: string
  readonly items: number
  /** Place of its record among all batches and commitments, in accept order. */
  readonly rank: number
  /** Place of the commitment that it reveals in time, else its own. */
  readonly priority: number
  /** Indexes of what its contributor took back. */
  readonly withdrawn: Set<number>
  /** Those of its items that have features, under any map. */
  readonly contributions: Contribution[]
}

/** Everything accepted so far that a later record may refer to, and everything settlement needs. */
export interface History {
  /** (source, id) → what used it up. */
  readonly used: Map<string, { ceType: string; valueHash: string }>
  /** By schema id: what reads values written with it, and the registration that said so. */
  readonly schemas: Map<number, RegisteredSchema>
  readonly schemaRegistrations: Map<number, EventBodies['SchemaRegistered']>
  /** By `ce_source`: the registration in force. */
  readonly sources: Map<string, EventBodies['SourceRegistered']>
  readonly assets: Map<string, EventBodies['AssetRegistered']>
  /** In accept order. */
  readonly policies: { epoch: number; policy: EventBodies['PolicyPublished'] }[]
  readonly featureMaps: Map<string, EventBodies['FeatureMapPublished']>
  readonly featureMapOfModel: Map<string, EventBodies['FeatureMapPublished']>
  readonly deposits: Set<string>
  readonly payments: Payments
  readonly batches: Map<string, AcceptedBatch>
  /** By account ‖ commitment, of each epoch the first; ascending. */
  readonly commitments: Map<string, { readonly epoch: number; readonly rank: number }[]>
  /** How many batches and commitments were sent, accepted or not. */
  contributionRecords: number
  readonly inferences: Map<string, EventBodies['InferenceRecorded']>
  /** By feature map, in accept order of the features. */
  readonly contributions: Map<string, Contribution[]>
  /** `map ‖ batch ‖ index` of contributions that have features. */
  readonly withFeatures: Set<string>
  readonly inferenceFeatures: Map<string, EventBodies['InferenceFeatures']>
}

export function emptyHistory(): History {
  return {
    used: new Map(),
    schemas: new Map(),
    schemaRegistrations: new Map(),
    sources: new Map(),
    assets: new Map(),
    policies: [],
    featureMaps: new Map(),
    featureMapOfModel: new Map(),
    deposits: new Set(),
    payments: emptyPayments(),
    batches: new Map(),
    commitments: new Map(),
    contributionRecords: 0,
    inferences: new Map(),
    contributions: new Map(),
    withFeatures: new Set(),
    inferenceFeatures: new Map(),
  }
}

/** Key of (source, id). Neither may hold a control character once accepted, so no two pairs share a key. */
export function eventKey(source: string, id: string): string {
  return `${source}\u0000${id}`
}
