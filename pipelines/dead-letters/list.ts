import { BIGINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import {
  OUTCOMES,
  type Outcome,
  REJECTION_REASONS,
  type RejectionReason,
  reasonOfCode,
} from '../../schemas/rejection.ts'
import type { Database, Row } from '../warehouse/database.ts'
import { readSql } from '../warehouse/read-sql.ts'

const letters = readSql(new URL('./letters.sql', import.meta.url))
const FILTER_TYPES = { topic: VARCHAR, reason: INTEGER, letter: BIGINT, limit: INTEGER }

export interface LetterFilter {
  readonly topic?: string | undefined
  readonly reason?: RejectionReason | undefined
  readonly letter?: bigint | undefined
  readonly limit: number
}

export interface ListedLetter {
  /** Its number: the rid of its record. */
  readonly letter: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly incarnation: number
  readonly appendTime: string
  readonly stage: 'ingest' | 'close'
  readonly epoch: number | null
  readonly reason: string
  readonly detail: string | null
  /** Null for a record without a value. */
  readonly valueBytes: number | null
  /** `waiting`: not in `<topic>.dlq` yet. `redriven` once its record is in its topic again. */
  readonly state: 'waiting' | 'published' | 'redriven'
  readonly published: {
    readonly partition: number
    readonly offset: string
    readonly time: string
    /** The bytes were too large for the topic: only a notice is there. */
    readonly omitted: boolean
  } | null
  readonly redrive: Redrive | null
}

export interface Redrive {
  readonly times: number
  readonly begun: string
  /** Where the record went; null when a redrive was begun and not acknowledged, so that it may be there or not. */
  readonly to: { readonly partition: number; readonly offset: string } | null
  /** What became of it: null before its epoch is closed, unless its own bytes reject it. */
  readonly outcome: Outcome | RejectionReason | null
  readonly epoch: number | null
}

/** Letters, the newest first. */
export async function listLetters(warehouse: Database, filter: LetterFilter): Promise<ListedLetter[]> {
  const values = {
    topic: filter.topic ?? null,
    reason: filter.reason === undefined ? null : REJECTION_REASONS[filter.reason],
    letter: filter.letter ?? null,
    limit: filter.limit,
  }
  return (await warehouse.all(letters, values, FILTER_TYPES)).map(toListed)
}

/** How many letters there are by reason, most first. */
export async function countLetters(warehouse: Database): Promise<{ reason: string; letters: number }[]> {
  const rows = await warehouse.all<{ reason: number; letters: number }>(
    'SELECT reason, count(*)::INTEGER AS letters FROM dead_letter GROUP BY reason ORDER BY letters DESC, reason',
  )
  return rows.map((row) => ({ reason: nameOf(row.reason), letters: row.letters }))
}

function toListed(row: Row): ListedLetter {
  const redrive = redriveOf(row)
  const published = publishedOf(row)
  const isRedriven = redrive?.to !== undefined && redrive.to !== null
  return {
    letter: String(row.rid),
    topic: row.topic as string,
    partition: row.partition_id as number,
    offset: String(row.record_offset),
    incarnation: row.incarnation as number,
    appendTime: timeOf(row.append_ms),
    stage: row.stage as 'ingest' | 'close',
    epoch: row.epoch as number | null,
    reason: nameOf(row.reason as number),
    detail: row.detail as string | null,
    valueBytes: row.value_bytes === -1 ? null : (row.value_bytes as number),
    state: isRedriven ? 'redriven' : published === null ? 'waiting' : 'published',
    published,
    redrive,
  }
}

function publishedOf(row: Row): ListedLetter['published'] {
  if (row.dlq_offset === null) return null
  return {
    partition: row.dlq_partition as number,
    offset: String(row.dlq_offset),
    time: timeOf(row.sent_ms),
    omitted: row.omitted as boolean,
  }
}

function redriveOf(row: Row): Redrive | null {
  if (row.redrives === null) return null
  return {
    times: row.redrives as number,
    begun: timeOf(row.begun_ms),
    to: row.to_offset === null ? null : { partition: row.to_partition as number, offset: String(row.to_offset) },
    outcome: outcomeOf(row),
    epoch: row.then_epoch as number | null,
  }
}

function outcomeOf(row: Row): Outcome | RejectionReason | null {
  if (row.then_outcome === OUTCOMES.rejected) return reasonOfCode(row.then_reason as number) ?? 'rejected'
  if (row.then_outcome !== null)
    return (Object.keys(OUTCOMES) as Outcome[]).find((name) => OUTCOMES[name] === row.then_outcome) ?? null
  const code = row.then_ingest_reason as number | null
  return code === null || code <= 0 ? null : (reasonOfCode(code) ?? 'rejected')
}

function nameOf(code: number): string {
  return reasonOfCode(code) ?? `REASON_${code}`
}

function timeOf(ms: unknown): string {
  return new Date(Number(ms)).toISOString()
}
