import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { recoverSigner } from '../../anchor/signatures/signer.ts'
import type { PartitionBounds } from '../../pipelines/record-source.ts'
import { fromBlob, fromNullableBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { decodeHeaders } from '../../schemas/record-bytes.ts'
import { lastEpoch, type StepResult } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { firstUncutRid } from '../uncut.ts'
import { PolicyMissingError } from './errors.ts'
import { describeHeld, describeHidden, firstHeldPartition } from './held-partition.ts'

const partitionEnds = readSql(new URL('./partition-ends.sql', import.meta.url))
const oldestUncut = readSql(new URL('./oldest-uncut.sql', import.meta.url))
const GRACE_MS = 2_000n
/** When it is worth looking again whether a transaction has ended. */
const RETRY_MS = 1_000n
const CUT_TYPES = [INTEGER, VARCHAR, INTEGER, INTEGER, BIGINT, BIGINT]
/** Anybody may send policies that nobody accepts; looking for the operator's ends after so many. */
const POLICIES_LOOKED_AT = 1_000

export interface ChooseCutOptions {
  readonly ledger: Ledger
  /** All partitions of the input topics as they were at `nowMs` or later; what they show has been ingested since. */
  readonly partitions: readonly PartitionBounds[]
  /** The log's clock, Unix milliseconds. */
  readonly nowMs: bigint
  /** Cut at the stable end of the log as it is, whatever the policy's interval says. */
  readonly cutNow?: boolean
}

export type ChosenCut =
  | { readonly chose: 'cut'; readonly epoch: number; readonly timeMs: bigint; readonly note: string }
  | { readonly chose: 'none'; readonly result: StepResult }

/**
 * Fixes the cut of the next epoch and writes it down (state `open`) before anything uses it. The cut for time T holds, of
 * each partition, the records before the first one with effective time ≥ T, or all of them; T is the end of the policy's
 * interval that holds the oldest record not cut yet. It is chosen when the log's clock is past T and a grace, and when no
 * open transaction hides what may belong to it. Cuts never decrease. Killed before COMMIT: the next call chooses again
 * (perhaps later offsets: nothing has used the first choice). Killed after: the cut stands.
 *
 * @throws PolicyMissingError when the length of an epoch is not known
 */
export async function chooseCut(options: ChooseCutOptions): Promise<ChosenCut> {
  const { nowMs, partitions } = options
  const { warehouse } = options.ledger
  const previous = await lastEpoch(warehouse)
  const epoch = (previous?.epoch ?? 0) + 1
  const first = await firstUncutRid(warehouse)
  const oldest = await warehouse.one<{ oldest: bigint | null }>(oldestUncut, { first })
  if (oldest?.oldest === undefined || oldest.oldest === null) {
    return none({ did: 'nothing', epoch: null, detail: 'No record has arrived since the last cut.' })
  }
  const timeMs = options.cutNow
    ? await endOfLog(warehouse, nowMs, previous?.cutTimeMs)
    : await endOfInterval(options.ledger, oldest.oldest, previous?.cutTimeMs)
  const dueMs = timeMs + GRACE_MS
  if (!options.cutNow && nowMs < dueMs) {
    const detail = `Epoch ${epoch} ends at ${new Date(Number(timeMs)).toISOString()}.`
    return none({ did: 'waiting', epoch, detail, untilMs: dueMs })
  }
  const rows = await warehouse.all(partitionEnds, { time: timeMs, first })
  const stored = new Map(rows.map((row) => [`${row.topic}/${row.partition_id}`, row]))
  const held = options.cutNow ? undefined : firstHeldPartition(partitions, stored)
  if (held !== undefined) {
    const detail = `Epoch ${epoch} has ended. ${describeHeld(held, dueMs, nowMs)}`
    return none({ did: 'waiting', epoch, detail, untilMs: nowMs + RETRY_MS })
  }
  await warehouse.transaction(async () => {
    await warehouse.append('epoch_cut', CUT_TYPES, cutRows(epoch, partitions, stored))
    await warehouse.run(
      `INSERT INTO epoch (epoch, attempt, state, cut_time_ms, cut_published) VALUES ($epoch, 1, 'open', $time, false)`,
      { epoch, time: timeMs },
    )
  })
  return { chose: 'cut', epoch, timeMs, note: options.cutNow ? describeHidden(partitions) : '' }
}

/**
 * Every partition that was read, also when the log no longer shows it, and every one of the log that nobody has read yet:
 * it holds nothing, or its first records came after the bounds were read and belong to the next epoch.
 */
function cutRows(
  epoch: number,
  partitions: readonly PartitionBounds[],
  stored: ReadonlyMap<string, Row>,
): DuckDBValue[][] {
  const unread = partitions.filter(({ topic, partition }) => !stored.has(`${topic}/${partition}`))
  return [
    ...[...stored.values()].map((row) => [
      epoch,
      row.topic!,
      row.partition_id!,
      row.incarnation!,
      row.from_offset!,
      row.to_offset!,
    ]),
    ...unread.map(({ topic, partition }) => [epoch, topic, partition, 0, 0n, 0n]),
  ]
}

function none(result: StepResult): ChosenCut {
  return { chose: 'none', result }
}

/** Just behind every record, also where the log's times are ahead of this machine's clock; never before the last cut. */
async function endOfLog(warehouse: Database, nowMs: bigint, previousMs = 0n): Promise<bigint> {
  const row = await warehouse.one<{ newest: bigint | null }>('SELECT max(effective_ms) AS newest FROM read_position')
  const newest = row?.newest ?? 0n
  const behindAll = (newest > nowMs ? newest : nowMs) + 1n
  return behindAll > previousMs ? behindAll : previousMs
}

async function endOfInterval(ledger: Ledger, oldestMs: bigint, previousMs: bigint | undefined): Promise<bigint> {
  const interval_ms = BigInt(await epochIntervalS(ledger)) * 1_000n
  const end = (oldestMs / interval_ms + 1n) * interval_ms
  const afterPrevious = previousMs === undefined ? end : (previousMs / interval_ms + 1n) * interval_ms
  return end > afterPrevious ? end : afterPrevious
}

/**
 * The interval of the newest accepted policy; before the first epoch is closed, of the oldest ingested one that the operator
 * signed. A cut is published and then fixed, so this choice need not be recomputable.
 */
async function epochIntervalS({ warehouse, genesis, ledgerId }: Ledger): Promise<number> {
  const accepted = await warehouse.one('SELECT epoch_interval_s FROM policy ORDER BY epoch DESC, ordinal DESC LIMIT 1')
  if (accepted !== undefined) return accepted.epoch_interval_s as number
  const rows = await warehouse.all(
    `SELECT topic, headers, record_value FROM record
     WHERE event_type = 'PolicyPublished' AND ingest_reason = 0
     ORDER BY effective_ms, partition_id, record_offset LIMIT ${POLICIES_LOOKED_AT}`,
  )
  for (const row of rows) {
    const headers = decodeHeaders(fromBlob(row.headers))
    const value = fromNullableBlob(row.record_value)
    const decoded = decodeRecord({ topic: row.topic as string, key: null, headers, value })
    if (decoded.outcome !== 'decoded' || decoded.event.type !== 'PolicyPublished') continue
    if ((await recoverSigner(ledgerId, decoded.event)) === genesis.operator) return decoded.event.body.epochIntervalS
  }
  throw new PolicyMissingError()
}
