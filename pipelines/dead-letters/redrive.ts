import { BIGINT, type DuckDBValue, INTEGER, VARCHAR } from '@duckdb/node-api'
import { REJECTION_REASONS, type RejectionReason } from '../../schemas/rejection.ts'
import type { PartitionOffset, RecordSink } from '../record-source.ts'
import type { Database } from '../warehouse/database.ts'
import { readSql } from '../warehouse/read-sql.ts'
import { LetterErasedError, LetterUnknownError } from './errors.ts'
import type { LetterRecord } from './letter-record.ts'
import { toLetterRecord } from './letter-row.ts'

const pageToRedrive = readSql(new URL('./page-to-redrive.sql', import.meta.url))
const redrivable = readSql(new URL('./redrivable.sql', import.meta.url))

const PAGE_LETTERS = 500
const PAGE_BYTES = 4 * 1024 * 1024
const INTENT_TYPES = [BIGINT, BIGINT, BIGINT]
const REDRIVEN_TYPES = [BIGINT, BIGINT, VARCHAR, INTEGER, BIGINT]

/**
 * Reasons whose record may be decided otherwise when it is there once more: what it missed can have come since. All others
 * rest on the record's own bytes or on what never changes, such as an id that is used up.
 */
export const MAY_CHANGE: ReadonlySet<RejectionReason> = new Set<RejectionReason>([
  'SCHEMA_UNKNOWN',
  'SOURCE_UNKNOWN',
  'TYPE_NOT_PERMITTED',
  'ASSET_UNKNOWN',
  'FEATURE_MAP_UNKNOWN',
  'CONTRIBUTION_UNKNOWN',
  'INFERENCE_UNKNOWN',
])

/**
 * Which letters: named ones, redriven already or not; or all of a reason, or all whose reason may change ({@link MAY_CHANGE}),
 * that were not redriven yet.
 */
export type RedriveChoice =
  | { readonly letters: readonly bigint[] }
  | { readonly reason: RejectionReason }
  | { readonly all: true }

export interface RedriveOptions {
  readonly warehouse: Database
  readonly sink: RecordSink
  /** Unix milliseconds; shown as the time of the redrive, never used. */
  readonly clock: () => bigint
  readonly letters: readonly bigint[]
  readonly onProgress?: (redriven: number) => void
}

/** The letters of a choice, ascending. @throws LetterUnknownError when one that is named does not exist, LetterErasedError when its record was erased */
export async function chooseLetters(warehouse: Database, choice: RedriveChoice): Promise<bigint[]> {
  if ('letters' in choice) {
    const named = [...new Set(choice.letters)].sort((a, b) => (a < b ? -1 : 1))
    for (const letter of named) {
      const found = await warehouse.one('SELECT rid FROM dead_letter WHERE rid = $letter', { letter })
      if (found === undefined) throw new LetterUnknownError({ letter: letter.toString() })
      const erased = await warehouse.one('SELECT 1 FROM record_erased WHERE rid = $letter', { letter })
      if (erased !== undefined) throw new LetterErasedError({ letter: letter.toString() })
    }
    return named
  }
  const reasons = 'reason' in choice ? [choice.reason] : [...MAY_CHANGE]
  const codes = reasons.map((reason) => REJECTION_REASONS[reason])
  const rows = await warehouse.all<{ rid: bigint; reason: number }>(redrivable)
  return rows.filter(({ reason }) => codes.includes(reason as never)).map(({ rid }) => rid)
}

/**
 * Appends the records of letters to their topics once more, untouched: same key, headers and value, in the partition that
 * their key gives. They are then new records, decided anew; a rejection never used up an id.
 *
 * For each page:
 * 1. The intent is written down. Killed here: the letter counts as not redriven.
 * 2. The records are appended. Killed here: as 1; redriven again, a record is there once more, and only the first is accepted.
 * 3. Their places are noted. Killed before COMMIT: as 2. Killed after: the letter counts as redriven.
 *
 * @returns where each letter's record went, in their order
 * @throws TallyError of the sink; what was redriven before is noted
 */
export async function redriveLetters(options: RedriveOptions): Promise<readonly PartitionOffset[]> {
  const { warehouse, sink, letters } = options
  const places: PartitionOffset[] = []
  for (let at = 0; at < letters.length; ) {
    const page = await readPage(warehouse, letters.slice(at, at + PAGE_LETTERS))
    const first = await writeIntents(options, page)
    const appended = await sink.append(page.map(({ topic, key, headers, value }) => ({ topic, key, headers, value })))
    const rows: DuckDBValue[][] = page.map(({ rid, topic }, i) => {
      const { partition, offset } = appended[i]!
      return [first + BigInt(i), rid, topic, partition, offset]
    })
    await warehouse.transaction(() => warehouse.append('dead_letter_redriven', REDRIVEN_TYPES, rows))
    places.push(...appended)
    at += page.length
    options.onProgress?.(places.length)
  }
  return places
}

async function readPage(warehouse: Database, letters: readonly bigint[]): Promise<LetterRecord[]> {
  const rows = await warehouse.all(pageToRedrive, { letters: letters.join(','), bytes: PAGE_BYTES })
  // Asserted: a page that stays empty would be asked for again and again.
  if (rows.length === 0) throw new LetterUnknownError({ letter: String(letters[0]) })
  return rows.map(toLetterRecord)
}

/** @returns the number of the first redrive; the others follow it */
async function writeIntents({ warehouse, clock }: RedriveOptions, page: readonly LetterRecord[]): Promise<bigint> {
  return warehouse.transaction(async () => {
    const row = await warehouse.one<{ next: bigint }>(
      'SELECT coalesce(max(redrive), 0) + 1 AS next FROM dead_letter_redrive',
    )
    const first = row!.next
    const now = clock()
    const rows = page.map(({ rid }, i) => [first + BigInt(i), rid, now])
    await warehouse.append('dead_letter_redrive', INTENT_TYPES, rows)
    return first
  })
}
