import { BLOB, LIST, listValue } from '@duckdb/node-api'
import { idHashOf } from '../../pipelines/ingest/identity.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { EventOf } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import type { Candidate } from './references.ts'

const presentFees = readSql(new URL('./present-fees.sql', import.meta.url))

type Correction = EventOf<'CorrectionRecorded'>

/** What stands of an accepted inference after the corrections so far. */
interface PresentFee {
  readonly fee: bigint
  readonly isVoid: boolean
}

/**
 * What stands of the inferences that a page of corrections is about, kept true while the page is decided one by one. Corrections are
 * rare: one statement a page reads the column of ids, so that no entry of the id index has to be kept for every inference there is.
 */
export class PresentFees {
  readonly #fees: Map<string, PresentFee>

  private constructor(fees: Map<string, PresentFee>) {
    this.#fees = fees
  }

  /** @param page of one type all; of another than CorrectionRecorded nothing is looked up */
  static async load(warehouse: Database, page: readonly Candidate[]): Promise<PresentFees> {
    const named = new Map<string, Uint8Array>()
    for (const { event } of page) {
      if (event.type !== 'CorrectionRecorded') break
      const inference = inferenceOf(event)
      named.set(toHex(inference), inference)
    }
    if (named.size === 0) return new PresentFees(new Map())
    const rows = await warehouse.all<{ inference: never; fee: bigint; is_void: boolean }>(
      presentFees,
      { inferences: listValue([...named.values()].map(toBlob)) },
      { inferences: LIST(BLOB) },
    )
    const entries = rows.map(
      ({ inference, fee, is_void }) => [toHex(fromBlob(inference)), { fee, isVoid: is_void }] as const,
    )
    return new PresentFees(new Map(entries))
  }

  /** Undefined when no such inference was accepted. */
  of(event: Correction): PresentFee | undefined {
    return this.#fees.get(toHex(inferenceOf(event)))
  }

  /** Notes an accepted correction. */
  correct(event: Correction): void {
    this.#fees.set(toHex(inferenceOf(event)), { fee: event.body.fee, isVoid: event.body.kind === 'void' })
  }
}

function inferenceOf({ body }: Correction): Uint8Array {
  return idHashOf(body.inferenceSource, body.inferenceId)
}
