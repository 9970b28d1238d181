import { ingest } from '../../pipelines/ingest.ts'
import type { PartitionBounds, RecordSink, RecordSource } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { cloudEventHeaders } from '../../schemas/cloud-events.ts'
import { ceTypeOf } from '../../schemas/events.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { encodeValue } from '../../schemas/wire-format.ts'
import { firstEpochIn, lastEpoch, type StepResult } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { chooseCut } from './choose-cut.ts'
import { CutNotPublishedError } from './errors.ts'
import { adoptCut, cutEventId, firstPublishedCut, ledgerSource } from './published-cut.ts'
import { sealEpoch } from './seal-epoch.ts'

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
  /**
   * Resolves when the warehouse holds each partition up to its `endOffset`, where somebody else in this process already reads
   * the log. Default: reads it to its end.
   */
  readonly catchUp?: (wanted: readonly PartitionBounds[]) => Promise<void>
  readonly onProgress?: (text: string) => void
}

/**
 * Closes the next epoch: cut, publish the cut, decide, leaves. Not while shares were sold, or disputes opened, in an epoch before that is not
 * attributed.
 *
 * 1. What the log shows is ingested. Killed here: ingest goes on where it stopped.
 * 2. A cut that was published for this epoch is adopted; else one is chosen (state `open`). Killed before: chosen again.
 * 3. A chosen cut is appended to `tally.epochs` as CutPublished. Killed before it is noted: appended once more. The first one
 *    there counts, also when another warehouse of this ledger was faster: it is read back and adopted.
 * 4. Decisions, facts, leaves and the new root become visible together (state `closed`). Killed before COMMIT: none of them.
 */
export async function closeEpoch(options: CloseOptions): Promise<StepResult> {
  const { warehouse } = options.ledger
  const open = await firstEpochIn(warehouse, 'open')
  const epoch = open?.epoch ?? ((await lastEpoch(warehouse))?.epoch ?? 0) + 1
  const unsettled = await unsettledEpoch(warehouse)
  if (unsettled !== undefined) return { did: 'nothing', epoch, detail: unsettled }
  const fixed: FixedCut = (await isPublished(warehouse, epoch)) ? { note: '' } : await fixCut(options, epoch)
  if ('unfixed' in fixed) return fixed.unfixed
  const { records, treeSize } = await sealEpoch({ ...options, epoch })
  const detail = `${records} records decided; the ledger has ${treeSize} leaves.${fixed.note}`
  return { did: 'done', epoch, detail }
}

/**
 * Of the oldest epoch with acceptances, or openings of disputes, that are not settled yet: why it has to be attributed. Who owns the
 * shares that are sold, and which disputes are open, is not known before, and the records of the next epoch ask for it.
 */
async function unsettledEpoch(warehouse: Database): Promise<string | undefined> {
  const row = await warehouse.one<{ sold: number | null; disputed: number | null }>(
    `WITH closed AS (SELECT epoch FROM epoch WHERE state = 'closed')
     SELECT
       (SELECT min(epoch) FROM offer_acceptance SEMI JOIN closed USING (epoch)) AS sold,
       (SELECT min(epoch) FROM dispute SEMI JOIN closed USING (epoch)) AS disputed`,
  )
  const { sold, disputed } = row!
  if (sold !== null && (disputed === null || sold <= disputed))
    return `Shares were sold in epoch ${sold}, which has to be attributed first: it decides who owns them.`
  return disputed === null
    ? undefined
    : `Disputes were opened in epoch ${disputed}, which has to be attributed first: it decides whether they hold anything.`
}

/** The cut of the epoch is published, with what is to be said about it; or why there is none yet. */
type FixedCut = { readonly note: string } | { readonly unfixed: StepResult }

/** Steps 1 to 3. */
async function fixCut(options: CloseOptions, epoch: number): Promise<FixedCut> {
  const { ledger, source, cutNow = false } = options
  // The clock first, then the bounds, then the reading: what was appended before the cut was due is below the high watermarks
  // of these bounds, and close knows whether it holds it.
  const nowMs = options.clock()
  const partitions = await source.partitions(INPUT_TOPICS)
  if (options.catchUp === undefined)
    await ingest({ source, warehouse: ledger.warehouse, topics: INPUT_TOPICS, until: 'end' })
  else await options.catchUp(partitions)
  const missing = await adoptPublished(options, epoch)
  if (missing !== undefined) return { unfixed: waiting(options, epoch, missing) }
  if (await isPublished(ledger.warehouse, epoch)) return { note: '' }
  let note = ''
  if ((await firstEpochIn(ledger.warehouse, 'open')) === undefined) {
    const chosen = await chooseCut({ ledger, partitions, nowMs, cutNow })
    if (chosen.chose === 'none') return { unfixed: chosen.result }
    note = chosen.note
  }
  await publishCut(options, epoch)
  const overtaken = await adoptPublished(options, epoch)
  if (overtaken !== undefined) return { unfixed: waiting(options, epoch, overtaken) }
  if (!(await isPublished(ledger.warehouse, epoch))) throw new CutNotPublishedError({ epoch })
  return { note }
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
