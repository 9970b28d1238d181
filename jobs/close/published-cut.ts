import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { RecordSource } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import type { CutPublished } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { firstEpochIn } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { firstUncutRid } from '../uncut.ts'
import { PublishedCutError } from './errors.ts'

const adoptedFaults = readSql(new URL('./adopted-faults.sql', import.meta.url))
const CUT_TYPES = [INTEGER, VARCHAR, INTEGER, INTEGER, BIGINT, BIGINT]

/** `ce_source` of what the pipeline itself writes for a ledger. */
export function ledgerSource(ledgerId: Uint8Array): string {
  return `urn:tallystick:${toHex(ledgerId)}`
}

export function cutEventId(epoch: number): string {
  return `cut-${epoch}`
}

/**
 * The first CutPublished of `epoch` on `tally.epochs`: the one that counts, whoever published it. So a second warehouse, or
 * one that is built anew from the log, ends its epochs where the first did. Reads on from where the last call ended.
 */
export async function firstPublishedCut(
  published: RecordSource,
  { warehouse, ledgerId }: Ledger,
  epoch: number,
): Promise<CutPublished | undefined> {
  const positions = await loadPositions(warehouse)
  let found: CutPublished | undefined
  const stop = new AbortController()
  await published.read({
    topics: [TOPICS.epochs],
    until: 'end',
    signal: stop.signal,
    positionOf: (_, partition) => positions.get(partition) ?? 0n,
    onBatch: async ({ partition, records, nextOffset }) => {
      for (const record of found === undefined ? records : []) {
        const decoded = decodeRecord(record)
        if (decoded.outcome !== 'decoded' || decoded.event.type !== 'CutPublished') continue
        const { source, id, body } = decoded.event
        if (source !== ledgerSource(ledgerId) || id !== cutEventId(epoch) || body.epoch !== epoch) continue
        found = body
        // This record comes again until its cut was adopted; what is below it is of no use any more.
        positions.set(partition, record.offset)
        stop.abort()
        return
      }
      if (found === undefined) positions.set(partition, nextOffset)
    },
  })
  await savePositions(warehouse, positions)
  return found
}

async function loadPositions(warehouse: Database): Promise<Map<number, bigint>> {
  const rows = await warehouse.all<{ partition_id: number; next_offset: bigint }>(
    'SELECT partition_id, next_offset FROM epochs_position',
  )
  return new Map(rows.map((row) => [row.partition_id, row.next_offset]))
}

async function savePositions(warehouse: Database, positions: ReadonlyMap<number, bigint>): Promise<void> {
  await warehouse.transaction(async () => {
    await warehouse.run('DELETE FROM epochs_position')
    await warehouse.append('epochs_position', [INTEGER, BIGINT], [...positions])
  })
}

/**
 * Makes a published cut the cut of its epoch (state `open`), in place of one that was only chosen here: nothing has used that
 * yet. Killed before COMMIT: adopted by the next call. @returns what is still missing of the log, if anything
 *
 * @throws PublishedCutError when it does not go on where the last epoch ended
 */
export async function adoptCut({ warehouse }: Ledger, cut: CutPublished): Promise<string | undefined> {
  const strange = cut.partitions.find(({ topic }) => !(INPUT_TOPICS as readonly string[]).includes(topic))
  if (strange !== undefined) throw new PublishedCutError({ epoch: cut.epoch, what: `it cuts topic ${strange.topic}` })
  const { epoch, cutTimeMs } = cut
  return warehouse.transaction(async () => {
    await warehouse.run('CREATE OR REPLACE TEMP TABLE published_cut AS SELECT * FROM epoch_cut LIMIT 0')
    await warehouse.append(
      'published_cut',
      CUT_TYPES,
      cut.partitions.map((part) => rowOf(epoch, part)),
    )
    const faults = await warehouse.all<{ fault: string; missing: boolean }>(adoptedFaults, {
      epoch,
      time: cutTimeMs,
      first: await firstUncutRid(warehouse),
    })
    const wrong = faults.find(({ missing }) => !missing)
    if (wrong !== undefined) throw new PublishedCutError({ epoch, what: wrong.fault })
    if (faults[0] !== undefined) return faults[0].fault
    await warehouse.run('DELETE FROM epoch_cut WHERE epoch = $epoch', { epoch })
    await warehouse.run('INSERT INTO epoch_cut SELECT * FROM published_cut')
    const isOpen = (await firstEpochIn(warehouse, 'open')) !== undefined
    await warehouse.run(
      isOpen
        ? 'UPDATE epoch SET cut_time_ms = $time, cut_published = true WHERE epoch = $epoch'
        : `INSERT INTO epoch (epoch, attempt, state, cut_time_ms, cut_published) VALUES ($epoch, 1, 'open', $time, true)`,
      { epoch, time: cutTimeMs },
    )
    return undefined
  })
}

function rowOf(epoch: number, part: CutPublished['partitions'][number]): DuckDBValue[] {
  return [epoch, part.topic, part.partition, part.incarnation, part.fromOffset, part.toOffset]
}
