import type { DuckDBValue } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'

/** Something that a use's source took back of it. */
export interface CorrectionOfUse {
  readonly kind: 'void' | 'fee'
  /** Stands since. */
  readonly fee: bigint
  /** As its source says, in words. */
  readonly reason: string
  /** In which it was accepted. */
  readonly epoch: number
  readonly source: string
  readonly id: string
}

/** The accepted corrections of an inference, the first one first. */
export function correctionsOf(warehouse: Database, inference: DuckDBValue): Promise<CorrectionOfUse[]> {
  return warehouse.all<CorrectionOfUse>(
    'SELECT kind, fee, reason, epoch, source, id FROM correction WHERE inference = $inference ORDER BY epoch, ordinal',
    { inference },
  )
}

/** Where a late inference's producer's clock stood (RFC 3339); null when it was not late. */
export async function lateTimeOf(warehouse: Database, inference: DuckDBValue): Promise<string | null> {
  const row = await warehouse.one<{ time_ms: bigint }>('SELECT time_ms FROM late_use WHERE inference = $inference', {
    inference,
  })
  return row === undefined ? null : new Date(Number(row.time_ms)).toISOString()
}
