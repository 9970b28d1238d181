import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BIGINT, BLOB } from '@duckdb/node-api'
import { fromBlob, toBlob } from '../blob.ts'
import type { Database } from '../database.ts'
import { syncPathNow } from '../sync-path.ts'
import { ENTRY_BYTES, viewOf } from './entry.ts'
import { mergeRuns } from './merge-runs.ts'
import { RecentEntries } from './recent-entries.ts'
import { Run, type RunRow } from './run.ts'
import type { RunTrailer } from './run-trailer.ts'
import { RunWriter } from './run-writer.ts'

/** Entries kept in memory before they are written as a run. */
const SPILL_ENTRIES = 2 ** 18
/** A tier holds runs of up to four times the entries of the one below; so many of them are merged into one. */
const TIER_RUNS = 4
const HALF_BYTES = 8
const RUN_TYPES = [BIGINT, BIGINT, BLOB]

export interface IdIndexOptions {
  readonly warehouse: Database
  /** The last epoch whose facts have to be in it. */
  readonly epoch: number
  /**
   * Everything that the facts of all epochs put into the index, as a query of (key_high, key_low, value_high, value_low): the
   * halves of each as UBIGINT, ascending by key. Numbers come out of DuckDB several times faster than blobs.
   */
  readonly facts: string
  readonly onProgress?: (text: string) => void
  /** For tests; default 2^18. */
  readonly spillEntries?: number
}

/**
 * What was ever accepted, by keys of 128 bits, with look-ups that cost the same at any length of history: immutable sorted
 * run files in `<warehouse>.ids/`, each with a filter in memory, merged in tiers (O'Neil et al. 1996, the LSM tree), so that
 * at most three of each tier remain: 24 runs at 10^9 entries. A new key costs one look at each filter, a known one a page read.
 * Memory: 1.35 bytes an entry, so 1.35 GB for 10^9, and 40 MB for those that no run holds yet. On disk 33.5 bytes an entry.
 *
 * The tables in DuckDB are the truth. A row of `id_run` makes a run file exist: files are durable before the rows are
 * committed and removed after, so that a process killed anywhere leaves the old set of runs or the new one, and perhaps files
 * without a row, which the next opening removes. Runs that are missing or of another time (a backup brought back) are noticed
 * by their digests and by the epoch of `id_index`, and the index is built again.
 *
 * One writer: whoever holds the warehouse's lock. Opened for one close and closed after it.
 */
export class IdIndex {
  readonly #warehouse: Database
  readonly #folder: string
  readonly #spillEntries: number
  readonly #recent = new RecentEntries()
  #runs: Run[] = []
  #replaced: Run[] = []
  #nextRun: bigint

  private constructor(options: IdIndexOptions, nextRun: bigint) {
    this.#warehouse = options.warehouse
    this.#folder = folderOf(options.warehouse)
    this.#spillEntries = options.spillEntries ?? SPILL_ENTRIES
    this.#nextRun = nextRun
  }

  /** @throws IdIndexCorruptError when a run is damaged; one that is missing or out of date is made again */
  static async open(options: IdIndexOptions): Promise<IdIndex> {
    const { warehouse } = options
    makeFolder(folderOf(warehouse))
    const rows = await readRows(warehouse)
    const index = new IdIndex(
      options,
      rows.reduce((next, { run }) => (run >= next ? run + 1n : next), 1n),
    )
    try {
      index.#removeGarbage(rows)
      const covered = await warehouse.one<{ epoch: number }>('SELECT epoch FROM id_index')
      if ((covered?.epoch ?? 0) !== options.epoch || !index.#openRuns(rows)) await index.#rebuild(options)
      return index
    } catch (error) {
      index.close()
      throw error
    }
  }

  /** The value under each key, undefined where there is none. */
  lookup(keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return keys.map((key) => {
      const recent = this.#recent.find(key)
      if (recent !== undefined) return recent
      for (const run of this.#runs) {
        const value = run.find(key)
        if (value !== undefined) return value
      }
      return undefined
    })
  }

  /** Adds a key that {@link lookup} did not find; 16 bytes each. */
  add(key: Uint8Array, value: Uint8Array): void {
    this.#recent.add(key, value)
  }

  /** Bounds memory: between pages of additions. What it writes is garbage until {@link save} is committed. */
  async spillWhenFull(): Promise<void> {
    if (this.#recent.size >= this.#spillEntries) await this.#spill()
  }

  /**
   * Makes all runs durable and writes their rows, in the caller's transaction. Killed before its COMMIT: the rows of before
   * are there, and their files. Killed after: the new rows are, and their files.
   */
  async save(epoch: number): Promise<void> {
    if (this.#recent.size > 0) await this.#spill()
    await this.#saveRows(epoch)
  }

  /**
   * To be called after COMMIT has succeeded, and not when that is in doubt: replaced files are what a rollback needs. Killed
   * before or in between: the next opening removes the rest.
   */
  committed(): void {
    for (const run of this.#replaced) {
      run.close()
      rmSync(run.path, { force: true })
    }
    this.#replaced = []
  }

  close(): void {
    for (const run of [...this.#runs, ...this.#replaced]) run.close()
    this.#runs = []
    this.#replaced = []
  }

  #openRuns(rows: readonly RunRow[]): boolean {
    for (const row of rows) {
      const run = Run.open(this.#pathOf(row.run), row)
      if (run === undefined) return false
      this.#runs.push(run)
    }
    return true
  }

  #removeGarbage(rows: readonly RunRow[]): void {
    const kept = new Set(rows.map(({ run }) => this.#pathOf(run)))
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name)
      if (!kept.has(path)) rmSync(path, { recursive: true })
    }
  }

  async #spill(): Promise<void> {
    await this.#addRun((path) => this.#recent.write(path))
    this.#recent.clear()
    for (let full = this.#fullTier(); full !== undefined; full = this.#fullTier()) {
      const merged = full
      await this.#addRun((path) => mergeRuns(merged, path))
      this.#runs = this.#runs.filter((run) => !merged.includes(run))
      this.#replaced.push(...merged)
    }
  }

  #fullTier(): Run[] | undefined {
    const tiers = new Map<number, Run[]>()
    for (const run of this.#runs) {
      let tier = 0
      for (let most = this.#spillEntries; run.row.entries >= most; most *= TIER_RUNS) tier++
      tiers.set(tier, [...(tiers.get(tier) ?? []), run])
    }
    return [...tiers.values()].find((runs) => runs.length >= TIER_RUNS)
  }

  async #addRun(write: (path: string) => Promise<RunTrailer>): Promise<void> {
    const run = this.#nextRun++
    const path = this.#pathOf(run)
    const row = { run, ...(await write(path)) }
    const opened = Run.open(path, row)
    if (opened === undefined) throw new RangeError(`${path} is not what was just written.`)
    this.#runs.push(opened)
  }

  async #saveRows(epoch: number): Promise<void> {
    syncPathNow(this.#folder)
    await this.#warehouse.run('DELETE FROM id_run')
    await this.#warehouse.append(
      'id_run',
      RUN_TYPES,
      this.#runs.map(({ row }) => [row.run, BigInt(row.entries), toBlob(row.digest)]),
    )
    await this.#warehouse.run('DELETE FROM id_index')
    await this.#warehouse.run('INSERT INTO id_index VALUES ($epoch)', { epoch })
  }

  /** One run out of the tables. Killed before COMMIT: the next opening begins again. */
  async #rebuild({ warehouse, facts, epoch, onProgress }: IdIndexOptions): Promise<void> {
    onProgress?.('The id index is made from the warehouse')
    this.#replaced = this.#runs
    this.#runs = []
    await warehouse.transaction(async () => {
      const row = await warehouse.one<{ entries: bigint }>(`SELECT count(*) AS entries FROM (${facts})`)
      const entries = Number(row!.entries)
      if (entries > 0) await this.#addRun((path) => writeFacts(warehouse, facts, path, entries))
      await this.#saveRows(epoch)
    })
    this.committed()
    this.#removeGarbage(this.#runs.map((run) => run.row))
  }

  #pathOf(run: bigint): string {
    return join(this.#folder, `${String(run).padStart(12, '0')}.run`)
  }
}

async function writeFacts(warehouse: Database, facts: string, path: string, entries: number): Promise<RunTrailer> {
  const writer = await RunWriter.create(path, entries)
  const entry = viewOf(new Uint8Array(ENTRY_BYTES))
  try {
    for await (const chunk of warehouse.stream(facts)) {
      const columns = Array.from({ length: chunk.columnCount }, (_, column) => chunk.getColumnVector(column))
      for (let row = 0; row < chunk.rowCount; row++) {
        for (const [column, vector] of columns.entries())
          entry.setBigUint64(column * HALF_BYTES, vector.getItem(row) as bigint)
        const written = writer.push(entry, 0)
        if (written !== undefined) await written
      }
    }
    return await writer.finish()
  } finally {
    await writer.close()
  }
}

async function readRows(warehouse: Database): Promise<RunRow[]> {
  const rows = await warehouse.all('SELECT run, entries, digest FROM id_run ORDER BY run')
  return rows.map((row) => ({
    run: row.run as bigint,
    entries: Number(row.entries),
    digest: fromBlob(row.digest),
  }))
}

function folderOf(warehouse: Database): string {
  return `${warehouse.path}.ids`
}

function makeFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncPathNow(dirname(folder))
}
