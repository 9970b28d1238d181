import { BIGINT, BOOLEAN, type DuckDBValue, INTEGER } from '@duckdb/node-api'
import { TallyError } from '../../schemas/errors.ts'
import { deadLetterTopic } from '../../schemas/topics.ts'
import type { NewRecord, PartitionOffset, RecordSink } from '../record-source.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { Database } from '../warehouse/database.ts'
import { readSql } from '../warehouse/read-sql.ts'
import { type LetterRecord, letterToAppend, noticeToAppend } from './letter-record.ts'
import { toLetterRecord } from './letter-row.ts'

const pageOfWaiting = readSql(new URL('./page-of-waiting.sql', import.meta.url))
const waitingLettersOfTopics = readSql(new URL('./waiting-topics.sql', import.meta.url))
const noteWaiting = readSql(new URL('./note-waiting.sql', import.meta.url))

/** Letters appended in one go: bounds the memory, and how much is appended again after a crash. */
const PAGE_LETTERS = 2_000
const PAGE_BYTES = 4 * 1024 * 1024
const SENT_TYPES = [BIGINT, INTEGER, BIGINT, BOOLEAN, BIGINT]

/** Callers of one process take turns: two at once would send every letter twice. */
const turns = new SerialQueue()

export interface PublishOptions {
  /** Uses a temporary table; a connection of its own where something else writes at the same time. */
  readonly warehouse: Database
  readonly sink: RecordSink
  readonly ledgerId: Uint8Array
  /** Unix milliseconds; shown as the time of sending, never used. */
  readonly clock: () => bigint
  /** Ends it after the page under way. */
  readonly signal?: AbortSignal
}

export interface PublishedLetters {
  readonly published: number
  /** Letters that are still to be sent, in all topics. */
  readonly waiting: number
  /** Topics whose letters could not be appended, and why; they keep waiting. */
  readonly stopped: readonly StoppedTopic[]
}

export interface StoppedTopic {
  readonly topic: string
  readonly code: string
  readonly message: string
  readonly hint: string | null
}

interface Sent {
  readonly letter: LetterRecord
  readonly place: PartitionOffset
  readonly omitted: boolean
}

/**
 * Appends the letters that wait to `<topic>.dlq`, in each topic in the order in which their records were stored.
 *
 * 1. A page of letters is read. Killed here: they wait.
 * 2. It is appended to the log, outside of any transaction. Killed here: the next run appends it again under the same ids,
 *    so that a consumer which remembers ids drops the repeated ones.
 * 3. It is noted as sent. Killed before COMMIT: as 2. Killed after: the next run goes on behind it.
 *
 * A dead-letter topic that is missing or refuses stops its own topic only, and never ingest or close: the letters wait.
 */
export function publishDeadLetters(options: PublishOptions): Promise<PublishedLetters> {
  return turns.run(() => publish(options))
}

async function publish(options: PublishOptions): Promise<PublishedLetters> {
  const { warehouse } = options
  let published = 0
  const stopped: StoppedTopic[] = []
  if (!(await mayWait(warehouse))) return { published, waiting: 0, stopped }
  await warehouse.run(noteWaiting)
  const topics = await waitingTopics(warehouse)
  let waiting = topics.reduce((sum, topic) => sum + topic.waiting, 0)
  for (const { topic } of topics) {
    try {
      for (let after = 0n; options.signal?.aborted !== true; ) {
        const page = await readPage(warehouse, topic, after)
        const last = page.at(-1)
        if (last === undefined) break
        await noteSent(options, await appendPage(options, page))
        published += page.length
        waiting -= page.length
        after = last.rid
      }
    } catch (error) {
      if (!(error instanceof TallyError)) throw error
      stopped.push(stoppedBy(error, deadLetterTopic(topic)))
    }
  }
  return { published, waiting, stopped }
}

/** Costs nothing, however many letters there are: each is sent once. */
async function mayWait(warehouse: Database): Promise<boolean> {
  const row = await warehouse.one<{ letters: bigint; sent: bigint }>(
    'SELECT (SELECT count(*) FROM dead_letter) AS letters, (SELECT count(*) FROM dead_letter_sent) AS sent',
  )
  return row!.letters > row!.sent
}

/** Topics with letters that are still to be sent, and how many. */
export async function waitingTopics(warehouse: Database): Promise<{ topic: string; waiting: number }[]> {
  return warehouse.all<{ topic: string; waiting: number }>(waitingLettersOfTopics)
}

async function readPage(warehouse: Database, topic: string, after: bigint): Promise<LetterRecord[]> {
  const rows = await warehouse.all(pageOfWaiting, { topic, after, page: PAGE_LETTERS, bytes: PAGE_BYTES })
  return rows.map(toLetterRecord)
}

async function appendPage({ sink, ledgerId }: PublishOptions, page: readonly LetterRecord[]): Promise<Sent[]> {
  const whole = await tryAppend(
    sink,
    page.map((letter) => letterToAppend(letter, ledgerId)),
  )
  if (whole !== 'too large') return page.map((letter, i) => ({ letter, place: whole[i]!, omitted: false }))
  // One of them is too large, and the broker does not say which. Some may be in the log: those are there twice then.
  const sent: Sent[] = []
  for (const letter of page) sent.push(await appendOne(sink, letter, ledgerId))
  return sent
}

/** A letter with our headers may be larger than its topic takes: then a notice stands for it, and the warehouse has the bytes. */
async function appendOne(sink: RecordSink, letter: LetterRecord, ledgerId: Uint8Array): Promise<Sent> {
  const whole = await tryAppend(sink, [letterToAppend(letter, ledgerId)])
  if (whole !== 'too large') return { letter, place: whole[0]!, omitted: false }
  const [place] = await sink.append([noticeToAppend(letter, ledgerId)])
  return { letter, place: place!, omitted: true }
}

async function tryAppend(
  sink: RecordSink,
  records: readonly NewRecord[],
): Promise<readonly PartitionOffset[] | 'too large'> {
  try {
    return await sink.append(records)
  } catch (error) {
    if (error instanceof TallyError && error.code === 'RECORD_TOO_LARGE') return 'too large'
    throw error
  }
}

async function noteSent({ warehouse, clock }: PublishOptions, sent: readonly Sent[]): Promise<void> {
  const now = clock()
  const rows: DuckDBValue[][] = sent.map(({ letter, place, omitted }) => [
    letter.rid,
    place.partition,
    place.offset,
    omitted,
    now,
  ])
  await warehouse.transaction(() => warehouse.append('dead_letter_sent', SENT_TYPES, rows))
}

function stoppedBy(error: TallyError, topic: string): StoppedTopic {
  const hint =
    error.code === 'TOPIC_MISSING'
      ? '`tally topics create` makes it; the letters wait in the warehouse until then, and nothing else does.'
      : (error.hint ?? null)
  return { topic, code: error.code, message: error.message, hint }
}
