import type { Database } from '../../pipelines/warehouse/database.ts'

/** A place in accept order. */
interface Place {
  readonly epoch: number
  readonly ordinal: bigint
}

/** Where models were retired: uses behind that place are refused. */
export class Retirements {
  readonly #places = new Map<string, Place>()

  static async load(warehouse: Database): Promise<Retirements> {
    const retirements = new Retirements()
    for (const row of await warehouse.all('SELECT model, epoch, ordinal FROM model_retired'))
      retirements.retire(row.model as string, { epoch: row.epoch as number, ordinal: row.ordinal as bigint })
    return retirements
  }

  retire(model: string, { epoch, ordinal }: Place): void {
    this.#places.set(model, { epoch, ordinal })
  }

  has(model: string): boolean {
    return this.#places.has(model)
  }

  isBefore(model: string, { epoch, ordinal }: Place): boolean {
    const place = this.#places.get(model)
    return place !== undefined && (place.epoch < epoch || (place.epoch === epoch && place.ordinal < ordinal))
  }
}
