import { BLOB, LIST, listValue } from '@duckdb/node-api'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { DecidedEventType, EventBodies, EventOf } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'

/** What the events of one page refer to, looked up at once; then kept true while the page is decided one by one. */
export class PageReferences {
  /** (hex) id hash of an accepted event → hex of its body hash. */
  readonly usedIds = new Map<string, string>()
  readonly #batchItems = new Map<string, number>()
  readonly #inferenceModels = new Map<string, string>()
  readonly #taken = new Set<string>()

  static async load(
    warehouse: Database,
    ids: readonly Uint8Array[],
    events: readonly EventOf<DecidedEventType>[],
  ): Promise<PageReferences> {
    const references = new PageReferences()
    for (const row of await lookup(
      warehouse,
      'SELECT id_hash, body_hash FROM accepted_id WHERE id_hash IN (SELECT unnest($ids))',
      ids,
    )) {
      references.usedIds.set(toHex(fromBlob(row.id_hash)), toHex(fromBlob(row.body_hash)))
    }
    await references.#loadDeposits(warehouse, bodiesOf(events, 'Deposited'))
    await references.#loadBatches(warehouse, bodiesOf(events, 'ContributionFeatures'))
    await references.#loadInferences(warehouse, bodiesOf(events, 'InferenceFeatures'))
    return references
  }

  hasDeposit(body: EventBodies['Deposited']): boolean {
    return this.#taken.has(depositKey(body.transactionHash, body.logIndex))
  }

  itemsOfBatch(body: EventBodies['ContributionFeatures']): number | undefined {
    return this.#batchItems.get(batchOf(body))
  }

  hasContributionFeatures(body: EventBodies['ContributionFeatures']): boolean {
    return this.#taken.has(itemKey(body.featureMap, batchOf(body), body.index))
  }

  modelOfInference(body: EventBodies['InferenceFeatures']): string | undefined {
    return this.#inferenceModels.get(inferenceOf(body))
  }

  hasInferenceFeatures(body: EventBodies['InferenceFeatures']): boolean {
    return this.#taken.has(inferenceOf(body))
  }

  /** Notes an accepted event, so that the next one of the page finds its place taken. */
  take(event: EventOf<DecidedEventType>): void {
    if (event.type === 'Deposited') this.#taken.add(depositKey(event.body.transactionHash, event.body.logIndex))
    if (event.type === 'ContributionFeatures')
      this.#taken.add(itemKey(event.body.featureMap, batchOf(event.body), event.body.index))
    if (event.type === 'InferenceFeatures') this.#taken.add(inferenceOf(event.body))
  }

  async #loadDeposits(warehouse: Database, bodies: readonly EventBodies['Deposited'][]): Promise<void> {
    const sql = 'SELECT transaction_hash, log_index FROM deposit WHERE transaction_hash IN (SELECT unnest($ids))'
    for (const row of await lookup(
      warehouse,
      sql,
      bodies.map((body) => body.transactionHash),
    )) {
      this.#taken.add(depositKey(fromBlob(row.transaction_hash), row.log_index as number))
    }
  }

  async #loadBatches(warehouse: Database, bodies: readonly EventBodies['ContributionFeatures'][]): Promise<void> {
    const batches = unique(bodies.map((body) => idHashOf(body.batchSource, body.batchId)))
    for (const row of await lookup(
      warehouse,
      'SELECT batch, items FROM contribution_batch WHERE batch IN (SELECT unnest($ids))',
      batches,
    )) {
      this.#batchItems.set(toHex(fromBlob(row.batch)), row.items as number)
    }
    const sql = 'SELECT feature_map, batch, item_index FROM contribution_features WHERE batch IN (SELECT unnest($ids))'
    for (const row of await lookup(warehouse, sql, batches)) {
      this.#taken.add(itemKey(row.feature_map as string, toHex(fromBlob(row.batch)), row.item_index as number))
    }
  }

  async #loadInferences(warehouse: Database, bodies: readonly EventBodies['InferenceFeatures'][]): Promise<void> {
    const inferences = unique(bodies.map((body) => idHashOf(body.inferenceSource, body.inferenceId)))
    for (const row of await lookup(
      warehouse,
      'SELECT inference, model FROM inference WHERE inference IN (SELECT unnest($ids))',
      inferences,
    )) {
      this.#inferenceModels.set(toHex(fromBlob(row.inference)), row.model as string)
    }
    const sql = 'SELECT inference FROM inference_features WHERE inference IN (SELECT unnest($ids))'
    for (const row of await lookup(warehouse, sql, inferences)) this.#taken.add(toHex(fromBlob(row.inference)))
  }
}

function lookup(warehouse: Database, sql: string, ids: readonly Uint8Array[]) {
  return ids.length === 0 ? [] : warehouse.all(sql, { ids: listValue(ids.map(toBlob)) }, { ids: LIST(BLOB) })
}

function bodiesOf<Type extends DecidedEventType>(
  events: readonly EventOf<DecidedEventType>[],
  type: Type,
): EventBodies[Type][] {
  return events.flatMap((event) => (event.type === type ? [event.body as EventBodies[Type]] : []))
}

function unique(ids: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(ids.map((id) => [toHex(id), id])).values()]
}

function batchOf(body: EventBodies['ContributionFeatures']): string {
  return toHex(idHashOf(body.batchSource, body.batchId))
}

function inferenceOf(body: EventBodies['InferenceFeatures']): string {
  return toHex(idHashOf(body.inferenceSource, body.inferenceId))
}

function itemKey(featureMap: string, batch: string, index: number): string {
  return `${batch}/${index}/${featureMap}`
}

function depositKey(transactionHash: Uint8Array, logIndex: number): string {
  return `${toHex(transactionHash)}/${logIndex}`
}
