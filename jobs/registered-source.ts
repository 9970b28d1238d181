import type { Database } from '../pipelines/warehouse/database.ts'
import { type Address, toAddress } from '../schemas/ids.ts'

export interface RegisteredSource {
  /** Who signs its uploads. */
  readonly key: Address
  /** Record names of the events that it may send. */
  readonly eventTypes: ReadonlySet<string>
}

/** The registration of a source that is in force after the last closed epoch. */
export async function registeredSource(warehouse: Database, source: string): Promise<RegisteredSource | undefined> {
  const row = await warehouse.one<{ key: string; event_types: { items: string[] } }>(
    'SELECT key, event_types FROM source WHERE source = $source ORDER BY epoch DESC, ordinal DESC LIMIT 1',
    { source },
  )
  return row === undefined ? undefined : { key: toAddress(row.key), eventTypes: new Set(row.event_types.items) }
}
