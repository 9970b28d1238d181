import { BLOB } from '@duckdb/node-api'
import { emptyFrontier, type Frontier, frontierRoot } from '../../anchor/log/frontier.ts'
import { ingest } from '../../pipelines/ingest.ts'
import type { RecordSink, RecordSource } from '../../pipelines/record-source.ts'
import { fromBlob, toBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { cloudEventHeaders } from '../../schemas/cloud-events.ts'
import { ceTypeOf } from '../../schemas/events.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { encodeValue } from '../../schemas/wire-format.ts'
import { firstEpochIn, lastEpoch, type StepResult, setState } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { chooseCut } from './choose-cut.ts'
import { decideRecords } from './decide.ts'
import { CutNotPublishedError } from './errors.ts'
import { writeLeaves } from './leaves.ts'
import { adoptCut, cutEventId, firstPublishedCut, ledgerSource } from './published-cut.ts'

const cutRecords = readSql(new URL('./cut-records.sql', import.meta.url))
const HASH_BYTES = 32
/** When it is worth looking again for records that a published cut speaks of. */
const RETRY_MS = 5_000n

export interface CloseOptions {
  readonly ledger: Ledger
  readonly source: RecordSource
  readonly sink: RecordSink
  /** Where `tally.epochs` is read; a reader of its own where readers of one group share topics. Default: `source`. */
  readonly published?: RecordSource
  /** The log's clock, Unix milliseconds. */
  readonly clock: () => bigint
  readonly cutNow?: boolean
  readonly onProgress?: (text: string) => void
}

/**
 * Closes the next epoch: cut, publish the cut, decide, leaves.
 *
 * 1. Everything in the log is ingested. Killed here: ingest goes on where it stopped.
 * 2. A cut that was published for this epoch is adopted; else one is chosen (state `open`). Killed before: chosen again.
 * 3. A chosen cut is appended to `tally.epochs` as CutPublished. Killed before it is noted: appended once more. The first one
 *    there counts, also when another warehouse of this ledger was faster: it is read back and adopted.
 * 4. Decisions, facts, leaves and the new root become visible together (state `closed`). Killed before COMMIT: none of them.
 */
export async function closeEpoch(options: CloseOptions): Promise<StepResult> {
  const { warehouse } = options.ledger
  const open = await firstEpochIn(warehouse, 'open')
  const epoch = open?.epoch ?? ((await lastEpoch(warehouse))?.epoch ?? 0) + 1
  if (!(await isPublished(warehouse, epoch))) {
    const other = await fixCut(options, epoch)
    if (other !== undefined) return other
  }
  const size = await warehouse.transaction(() => decideAndSeal(options, epoch))
  return { did: 'done', epoch, detail: `${size.records} records decided; the ledger has ${size.treeSize} leaves.` }
}

/** Steps 1 to 3. @returns why there is no cut yet, if there is none */
async function fixCut(options: CloseOptions, epoch: number): Promise<StepResult | undefined> {
  const { ledger, source, clock } = options
  await ingest({ source, warehouse: ledger.warehouse, topics: INPUT_TOPICS, until: 'end' })
  const missing = await adoptPublished(options, epoch)
  if (missing !== undefined) return waiting(options, epoch, missing)
  if (await isPublished(ledger.warehouse, epoch)) return undefined
  if ((await firstEpochIn(ledger.warehouse, 'open')) === undefined) {
    const partitions = await source.partitions(INPUT_TOPICS)
    const chosen = await chooseCut({ ledger, partitions, nowMs: clock(), cutNow: options.cutNow ?? false })
    if (chosen.chose === 'none') return chosen.result
  }
  await publishCut(options, epoch)
  const overtaken = await adoptPublished(options, epoch)
  if (overtaken !== undefined) return waiting(options, epoch, overtaken)
  if (!(await isPublished(ledger.warehouse, epoch))) throw new CutNotPublishedError({ epoch })
  return undefined
}

async function adoptPublished(options: CloseOptions, epoch: number): Promise<string | undefined> {
  const cut = await firstPublishedCut(options.published ?? options.source, options.ledger, epoch)
  return cut === undefined ? undefined : adoptCut(options.ledger, cut)
}

async function isPublished(warehouse: Database, epoch: number): Promise<boolean> {
  const row = await warehouse.one('SELECT cut_published FROM epoch WHERE epoch = $epoch', { epoch })
  return row?.cut_published === true
}

function waiting(options: CloseOptions, epoch: number, missing: string): StepResult {
  const detail = `Epoch ${epoch} has a published cut that this log does not reach yet. ${missing}`
  return { did: 'waiting', epoch, detail, untilMs: options.clock() + RETRY_MS }
}

async function decideAndSeal(options: CloseOptions, epoch: number): Promise<{ records: bigint; treeSize: number }> {
  const { ledger } = options
  const { warehouse } = ledger
  await warehouse.run(cutRecords, { epoch })
  await decideRecords({
    ...ledger,
    epoch,
    onProgress: (decided) => options.onProgress?.(`${decided} records decided`),
  })
  const before = await loadFrontier(warehouse, epoch - 1)
  const after = await writeLeaves(warehouse, epoch, before)
  await warehouse.run(
    `UPDATE epoch SET previous_size = $previous, tree_size = $size, ledger_root = $root, frontier = $frontier WHERE epoch = $epoch`,
    {
      epoch,
      previous: BigInt(before.size),
      size: BigInt(after.size),
      root: toBlob(frontierRoot(after)),
      frontier: toBlob(Buffer.concat(after.hashes)),
    },
    { root: BLOB, frontier: BLOB },
  )
  await setState(warehouse, epoch, 'open', 'closed')
  return { records: BigInt(after.size - before.size), treeSize: after.size }
}

async function loadFrontier(warehouse: Database, epoch: number): Promise<Frontier> {
  if (epoch === 0) return emptyFrontier()
  const row = await warehouse.one('SELECT tree_size, frontier FROM epoch WHERE epoch = $epoch', { epoch })
  const bytes = fromBlob(row?.frontier)
  const hashes = Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  )
  return { size: Number(row?.tree_size), hashes }
}

async function publishCut(options: CloseOptions, epoch: number): Promise<void> {
  const { warehouse, ledgerId } = options.ledger
  const row = await warehouse.one('SELECT cut_time_ms FROM epoch WHERE epoch = $epoch', { epoch })
  const partitions = await warehouse.all('SELECT * FROM epoch_cut WHERE epoch = $epoch ORDER BY topic, partition_id', {
    epoch,
  })
  const cutTimeMs = row?.cut_time_ms as bigint
  const value = encodeValue('CutPublished', {
    epoch,
    cutTimeMs,
    partitions: partitions.map((cut) => ({
      topic: cut.topic as string,
      partition: cut.partition_id as number,
      incarnation: cut.incarnation as number,
      fromOffset: cut.from_offset as bigint,
      toOffset: cut.to_offset as bigint,
    })),
  })
  const headers = cloudEventHeaders({
    id: cutEventId(epoch),
    source: ledgerSource(ledgerId),
    type: ceTypeOf('CutPublished'),
    time: new Date(Number(cutTimeMs)).toISOString(),
  })
  await options.sink.append([{ topic: TOPICS.epochs, key: Buffer.from(String(epoch)), headers, value }])
}
