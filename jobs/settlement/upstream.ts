import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const upstreamShares = readSql(new URL('./upstream.sql', import.meta.url))

/** All of what is paid upstream for uses of a model: six generations, each in millionths of the one before. */
export const UPSTREAM_WHOLE = 10n ** 36n

interface Ancestor {
  readonly ancestor: string
  /** Of {@link UPSTREAM_WHOLE}, without what goes to its own parents. */
  readonly net: bigint
}

/** Model → what it is derived from, ascending by name; models without parents are not there. */
export type Upstream = ReadonlyMap<string, readonly Ancestor[]>

/** Shares of the ancestors of every model whose fees were funded in the epoch (docs/formats.md#settlement rule 3). */
export async function loadUpstream(warehouse: Database, epoch: number): Promise<Upstream> {
  const upstream = new Map<string, Ancestor[]>()
  for (const row of await warehouse.all<{ model: string; ancestor: string; net: bigint }>(upstreamShares, { epoch })) {
    const ancestors = upstream.get(row.model) ?? []
    upstream.set(row.model, ancestors)
    ancestors.push({ ancestor: row.ancestor, net: row.net })
  }
  return upstream
}
