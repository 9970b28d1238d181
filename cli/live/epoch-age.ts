import type { Database } from '../../pipelines/warehouse/database.ts'

const MS_PER_S = 1_000

/** The newest closed epoch (0: none), and for how long the next one is open; undefined before the first record. */
export async function epochAge(
  warehouse: Database,
  clock: () => bigint,
): Promise<{ readonly lastClosed: number; readonly openAge_s: number | undefined }> {
  const epochs = await warehouse.one<{ closed: number; cut_ms: bigint | null }>(
    "SELECT coalesce(max(epoch) FILTER (WHERE state <> 'open'), 0) AS closed, max(cut_time_ms) AS cut_ms FROM epoch",
  )
  const since = epochs?.cut_ms ?? (await firstRecordMs(warehouse))
  return {
    lastClosed: epochs?.closed ?? 0,
    openAge_s: since === null ? undefined : Math.max(0, Number(clock() - since) / MS_PER_S),
  }
}

async function firstRecordMs(warehouse: Database): Promise<bigint | null> {
  const row = await warehouse.one<{ first: bigint | null }>('SELECT min(effective_ms) AS first FROM record')
  return row?.first ?? null
}
