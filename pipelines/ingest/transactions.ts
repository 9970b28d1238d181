import type { RejectionReason } from '../../schemas/rejection.ts'
import type { OffsetGap } from '../record-source.ts'
import { appendDeadLetters } from '../warehouse/append-dead-letters.ts'
import type { Database } from '../warehouse/database.ts'
import { appendGap } from './accepted-gap.ts'
import { SecondIngestError } from './errors.ts'
import { movePosition, type Place, type Position } from './positions.ts'
import { RECORD_TYPES, type RecordColumns } from './record-columns.ts'
import { RowSpacing } from './row-spacing.ts'

/**
 * Limits of one transaction: more records make it cheaper, fewer lose less work and hold up the next for a shorter time. The
 * first batch is taken whatever its size; a source's own batches are limited (record-source.ts).
 */
const TRANSACTION_RECORDS_MAX = 20_000
const TRANSACTION_BYTES_MAX = 16 * 1024 * 1024

/** One step of one partition, to be made visible with others in one transaction. */
export interface Step {
  readonly place: Place
  /** Undefined for a partition that was never read. */
  readonly before: Position | undefined
  readonly after: Position
  readonly columns?: RecordColumns
  readonly gap?: OffsetGap
  /** Milliseconds that decoding and hashing took. */
  readonly decode_ms: number
  /** Bytes of the records. */
  readonly bytes: number
}

/** What one transaction made visible. */
export interface CommitFacts {
  readonly records: number
  /** By reason, only those that occurred. */
  readonly rejected: Readonly<Partial<Record<RejectionReason, number>>>
  /** Keys, headers and values together. */
  readonly bytes: number
  /** Milliseconds of this thread for decoding and hashing, and for appending. */
  readonly decode_ms: number
  readonly append_ms: number
  /** Milliseconds in which DuckDB moved positions and committed; other batches are decoded meanwhile. */
  readonly commit_ms: number
  readonly positions: readonly { readonly topic: string; readonly partition: number; readonly nextOffset: bigint }[]
}

interface Waiting {
  readonly step: Step
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Puts the steps of all partitions into transactions: whatever came while one was being committed goes into the next, so that
 * many partitions with a few records each cost one COMMIT, and a lone record waits for none.
 *
 * After any failure nothing more is written: what this process believes about the positions is no longer known to be so.
 */
export class Transactions {
  readonly #warehouse: Database
  readonly #onCommit: (facts: CommitFacts) => void
  readonly #spacing = new RowSpacing()
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(warehouse: Database, onCommit: (facts: CommitFacts) => void) {
    this.#warehouse = warehouse
    this.#onCommit = onCommit
  }

  /** Resolves when the step is durable. Rejects with the failure of its transaction, or of one before it. */
  commit(step: Step): Promise<void> {
    // Not left to the run below: it would be over before it is noted as running, and whoever came next would wait for ever.
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup()
      try {
        if (this.#failure !== undefined) throw this.#failure.error
        await this.#commit(group.map(({ step }) => step))
        for (const { resolve } of group) resolve()
      } catch (error) {
        this.#failure ??= { error }
        for (const { reject } of group) reject(error)
      }
    }
    this.#running = undefined
  }

  #nextGroup(): Waiting[] {
    let records = 0
    let bytes = 0
    const end = this.#waiting.findIndex(({ step }, index) => {
      records += step.columns?.rows ?? 0
      bytes += step.bytes
      return index > 0 && (records > TRANSACTION_RECORDS_MAX || bytes > TRANSACTION_BYTES_MAX)
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  /** @throws SecondIngestError when somebody else appends at the same moment */
  async #transaction(work: () => Promise<void>): Promise<void> {
    try {
      await this.#warehouse.transaction(work)
    } catch (error) {
      throw isConflict(error) ? new SecondIngestError({ path: this.#warehouse.path }, error) : error
    }
  }

  async #commit(steps: readonly Step[]): Promise<void> {
    const started = performance.now()
    let append_ms = 0
    // Killed before COMMIT: nothing happened, the log hands the records out again. Killed after: the next start is behind them.
    await this.#transaction(async () => {
      for (const { place, before, after } of steps) await movePosition(this.#warehouse, place, before, after)
      const firstRid = await claimRids(this.#warehouse, ridsOf(steps))
      let rid = firstRid
      for (const { columns, gap, after, bytes } of steps) {
        if (gap !== undefined) await appendGap(this.#warehouse, gap, after, rid++)
        if (columns === undefined) continue
        for (let row = 0; row < columns.rows; row++) columns.rids[row] = rid++
        const from = performance.now()
        await this.#warehouse.appendColumns('record', RECORD_TYPES, columns)
        append_ms += performance.now() - from
        await this.#spacing.after(this.#warehouse, columns.rows, bytes)
      }
      if (steps.some(({ columns }) => (columns?.rejected.size ?? 0) > 0))
        await appendDeadLetters(this.#warehouse, { stage: 'ingest', fromRid: firstRid, toRid: rid })
    })
    this.#onCommit(factsOf(steps, { append_ms, commit_ms: performance.now() - started - append_ms }))
  }
}

/** Record ids that the steps need: one for each record, and for each gap. */
function ridsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { columns, gap }) => sum + (columns?.rows ?? 0) + (gap === undefined ? 0 : 1), 0)
}

/**
 * Takes `count` record ids for the caller's transaction.
 *
 * @returns the first; those after it follow without a gap
 */
async function claimRids(warehouse: Database, count: number): Promise<bigint> {
  const row = await warehouse.one<{ next_rid: bigint }>(
    'UPDATE record_id SET next_rid = next_rid + $count RETURNING next_rid',
    { count: BigInt(count) },
  )
  return row!.next_rid - BigInt(count)
}

/** DuckDB refuses the later of two transactions that change one row. */
function isConflict(error: unknown): boolean {
  return error instanceof Error && /^TransactionContext Error: Conflict/.test(error.message)
}

function factsOf(steps: readonly Step[], times: Pick<CommitFacts, 'append_ms' | 'commit_ms'>): CommitFacts {
  const rejected: Partial<Record<RejectionReason, number>> = {}
  for (const { columns } of steps) {
    for (const [reason, count] of columns?.rejected ?? []) rejected[reason] = (rejected[reason] ?? 0) + count
  }
  const sum = (numberOf: (step: Step) => number) => steps.reduce((total, step) => total + numberOf(step), 0)
  return {
    records: sum(({ columns }) => columns?.rows ?? 0),
    rejected,
    bytes: sum(({ bytes }) => bytes),
    decode_ms: sum(({ decode_ms }) => decode_ms),
    ...times,
    positions: steps.map(({ place, after }) => ({ ...place, nextOffset: after.nextOffset })),
  }
}
