import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { syncPathNow } from '../../pipelines/warehouse/sync-path.ts'
import { toHex } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import { NothingSettledError, SnapshotInvalidError } from './errors.ts'
import { rowsOfEpoch, TABLES } from './tables.ts'

/** Raised when a table changes: what was written before is written anew. */
const FORMAT = 1
const LISTING = 'tables.json'

const listing = z.object({
  format: z.literal(FORMAT),
  ledger: z.string(),
  epochs: z.array(z.object({ epoch: z.number().int(), attempt: z.number().int(), cutTime: z.string() })),
})

/** What a folder of tables holds; an epoch that is not named has no rows, whatever lies there. */
export type Listing = z.infer<typeof listing>

export interface ExportOptions {
  readonly ledger: Ledger
  readonly folder: string
  readonly onProgress?: (text: string) => void
  readonly signal?: AbortSignal
}

/**
 * Brings a folder of tables up to the last settled epoch: `TABLE/epoch=N/part.parquet`, read as one table with an `epoch` by
 * DuckDB, pyarrow, Spark. An epoch is written once, and again only when it was settled again after a veto; so a call costs
 * what is new. Killed at any instant, the listing names what is whole, and the next call goes on.
 *
 * @throws NothingSettledError, SnapshotInvalidError
 */
export async function exportTables({ ledger, folder, onProgress, signal }: ExportOptions): Promise<Listing> {
  const settled = await settledEpochs(ledger.warehouse)
  if (settled.length === 0) throw new NothingSettledError()
  const id = toHex(ledger.ledgerId)
  const known = readListing(folder)
  const kept = known?.ledger === id ? known.epochs : []
  const stands = ({ epoch, attempt }: Listing['epochs'][number]) =>
    kept.some((each) => each.epoch === epoch && each.attempt === attempt)
  if (known !== undefined && known.ledger !== id) throw new SnapshotInvalidError({ path: join(folder, LISTING) })
  const epochs = settled.filter(stands)
  for (const each of settled.filter((one) => !stands(one))) {
    signal?.throwIfAborted()
    onProgress?.(`tables of epoch ${each.epoch}`)
    for (const table of TABLES)
      await writePart(ledger.warehouse, join(folder, table, `epoch=${each.epoch}`), rowsOfEpoch(table, each.epoch))
    epochs.push(each)
    writeListing(folder, { format: FORMAT, ledger: id, epochs: epochs.toSorted((one, two) => one.epoch - two.epoch) })
  }
  return readListing(folder)!
}

/** The listing of a folder of tables; undefined: there is none, or another version wrote it. @throws SnapshotInvalidError */
function readListing(folder: string): Listing | undefined {
  const path = join(folder, LISTING)
  if (!existsSync(path)) return undefined
  let document: unknown
  try {
    document = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new SnapshotInvalidError({ path }, cause)
  }
  const found = listing.safeParse(document)
  if (found.success) return found.data
  if (z.object({ format: z.number() }).safeParse(document).success) return undefined
  throw new SnapshotInvalidError({ path })
}

async function settledEpochs(warehouse: Database): Promise<Listing['epochs']> {
  const rows = await warehouse.all<{ epoch: number; attempt: number; cut_time_ms: bigint }>(
    'SELECT epoch, attempt, cut_time_ms FROM epoch WHERE settlement_json IS NOT NULL ORDER BY epoch',
  )
  return rows.map(({ epoch, attempt, cut_time_ms }) => ({
    ...{ epoch, attempt },
    cutTime: new Date(Number(cut_time_ms)).toISOString(),
  }))
}

/** Whoever reads meanwhile sees the file that was there, or this one. */
async function writePart(warehouse: Database, folder: string, select: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const draft = join(folder, `.part.${process.pid}.parquet`)
  rmSync(draft, { force: true })
  await warehouse.run(`COPY (${select}) TO '${draft.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`)
  syncPathNow(draft)
  renameSync(draft, join(folder, 'part.parquet'))
  syncPathNow(folder)
}

function writeListing(folder: string, content: Listing): void {
  const draft = join(folder, `.${LISTING}.${process.pid}`)
  writeFileSync(draft, `${JSON.stringify(content, undefined, 1)}\n`)
  syncPathNow(draft)
  renameSync(draft, join(folder, LISTING))
  syncPathNow(dirname(join(folder, LISTING)))
}
