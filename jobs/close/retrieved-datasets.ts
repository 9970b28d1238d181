import { BLOB, LIST, listValue } from '@duckdb/node-api'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { EventOf, RetrievedItem } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { Candidate } from './references.ts'
import type { Registry } from './registry.ts'

/**
 * The licensed datasets that the uses of a page retrieved from. One statement a page reads the column of batches, and none while no
 * dataset is licensed: so that no entry of the id index has to name the dataset of every batch there is.
 */
export class RetrievedDatasets {
  /** By batch, of those that are licensed. */
  readonly #datasets: ReadonlyMap<string, string>

  private constructor(datasets: ReadonlyMap<string, string>) {
    this.#datasets = datasets
  }

  /** @param page of one type all; of another than InferenceRecorded nothing is looked up */
  static async load(warehouse: Database, registry: Registry, page: readonly Candidate[]): Promise<RetrievedDatasets> {
    const named = new Map<string, Uint8Array>()
    for (const { event } of page) {
      if (event.type !== 'InferenceRecorded') break
      for (const item of event.body.retrieved) named.set(keyOf(item), hashOf(item))
    }
    const isLicensed = [...registry.assets.values()].some(
      ({ kind, access }) => kind === 'dataset' && access === 'licensed',
    )
    if (named.size === 0 || !isLicensed) return new RetrievedDatasets(new Map())
    // Batches are decided before uses: those of the cut are there.
    const rows = await warehouse.all<{ batch: never; dataset: string }>(
      'SELECT batch, dataset FROM contribution_batch WHERE list_contains($batches, batch)',
      { batches: listValue([...named.values()].map(toBlob)) },
      { batches: LIST(BLOB) },
    )
    const licensed = rows.filter(({ dataset }) => registry.assets.get(dataset)?.access === 'licensed')
    return new RetrievedDatasets(new Map(licensed.map(({ batch, dataset }) => [toHex(fromBlob(batch)), dataset])))
  }

  /** Each once; what names no accepted batch is of none. */
  of({ body: { retrieved } }: EventOf<'InferenceRecorded'>): string[] {
    if (this.#datasets.size === 0) return []
    const found = retrieved.map((item) => this.#datasets.get(keyOf(item)))
    return [...new Set(found)].filter((dataset) => dataset !== undefined)
  }
}

function hashOf({ batchSource, batchId }: RetrievedItem): Uint8Array {
  return idHashOf(batchSource, batchId)
}

function keyOf(item: RetrievedItem): string {
  return toHex(hashOf(item))
}
