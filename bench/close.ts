import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BIGINT, BLOB, BOOLEAN, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'
import { closeEpoch } from '../jobs/close/close-epoch.ts'
import { openLedger } from '../jobs/ledger.ts'
import { MemoryLog } from '../pipelines/memory-source.ts'
import type { RecordSource } from '../pipelines/record-source.ts'
import { toBlob } from '../pipelines/warehouse/blob.ts'
import type { Database } from '../pipelines/warehouse/database.ts'
import { openWarehouse } from '../pipelines/warehouse/open-warehouse.ts'
import { readSql } from '../pipelines/warehouse/read-sql.ts'
import { encodeEvent } from '../schemas/encode-record.ts'
import { ceTypeOf, type EventBodies } from '../schemas/events.ts'
import { encodeHeaders } from '../schemas/record-bytes.ts'
import { TOPICS } from '../schemas/topics.ts'
import { GENESIS } from './genesis.ts'

const sql = (name: string) => readSql(new URL(`./close/${name}.sql`, import.meta.url))
const START_MS = 1_767_225_600_000n
const TIME = '2026-01-01T00:00:00Z'
const DIGITS = '0'.repeat(12)
const FEATURES: EventBodies['InferenceFeatures'] = {
  featureMap: 'map-1',
  inferenceSource: 'urn:gateway',
  inferenceId: `use-${DIGITS}`,
  b: Uint8Array.of(1, 255),
  ub: 3,
  p: [500, 500],
  checkpoints: [],
  label: 1,
  labelKind: 'true',
  p16: 9,
}
const USE: EventBodies['InferenceRecorded'] = {
  model: 'reader',
  infrastructure: 'gateway',
  agent: '',
  payer: Buffer.alloc(20, 1),
  token: Buffer.alloc(20, 2),
  fee: 5n,
  inputHash: Buffer.alloc(32, 3),
  outputHash: Buffer.alloc(32, 4),
  commercial: false,
  voucher: 1n,
  priceList: '',
  units: [],
  quoteId: Buffer.alloc(0),
  quoteExpiresMs: 0n,
  quoteSignature: Buffer.alloc(0),
  retrieved: [],
}

export interface CloseBenchOptions {
  /** Records closed before, for each measurement. */
  readonly history: readonly number[]
  /** Records of an epoch. */
  readonly records: number
  /** Epochs closed for each length of history; the median is reported. */
  readonly epochs: number
  /** DuckDB's; it sorts and joins on disk beyond it. */
  readonly memoryLimit?: string
  readonly onProgress?: (text: string) => void
}

export interface CloseBenchResult {
  readonly history: number
  readonly records: number
  /** Median over the epochs. */
  readonly recordsPerS: number
  /** Median over the epochs: processor time of this process for a record, which other work on the machine disturbs less. */
  readonly cpuUs: number
  /** Making the id index of all history out of the tables; what a lost one costs. */
  readonly rebuildS: number
  readonly rssMiB: number
}

/**
 * Closes epochs on top of histories of several lengths and says how many records a second that is: it should not depend on
 * the history. The history is written by SQL, not by closing epochs, so that 20 million records take a minute or two.
 */
export async function benchClose(options: CloseBenchOptions): Promise<CloseBenchResult[]> {
  const results: CloseBenchResult[] = []
  for (const history of options.history) {
    const folder = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
    try {
      const verb = 'bench'
      const path = join(folder, 'warehouse.duckdb')
      const warehouse = await openWarehouse(path, { verb, memoryLimit: options.memoryLimit ?? '512MB' })
      try {
        results.push(await benchHistory(warehouse, history, options))
      } finally {
        warehouse.close()
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return results
}

async function benchHistory(
  warehouse: Database,
  history: number,
  options: CloseBenchOptions,
): Promise<CloseBenchResult> {
  const { records } = options
  const log = new MemoryLog()
  log.createTopic(TOPICS.epochs, 1)
  await makeHistory(warehouse, history)
  options.onProgress?.(`${history} records of history are made`)
  const ledger = await openLedger(warehouse, GENESIS)
  const rates: number[] = []
  const busyUs: number[] = []
  let rebuildS = 0
  let rss = 0
  let uses = Math.floor((history * 2) / 3)
  // The first epoch, of the fewest records that have everything, makes the id index.
  for (let epoch = 0, rid = history + 1; epoch <= options.epochs; epoch++) {
    const size = epoch === 0 ? 20 : records
    await warehouse.run(sql('plan-epoch'), { first_rid: BigInt(rid), uses: BigInt(uses), records: BigInt(size) })
    await writeRecords(warehouse, true)
    await warehouse.run(sql('read-positions'))
    await warehouse.run('CHECKPOINT')
    const start = performance.now()
    const busy = process.cpuUsage()
    const result = await closeEpoch({
      ledger,
      source: source(warehouse),
      sink: log,
      published: log,
      clock: () => START_MS,
      cutNow: true,
      catchUp: async () => undefined,
      onProgress: () => {
        rss = Math.max(rss, process.memoryUsage.rss())
      },
    })
    if (result.did !== 'done') throw new RangeError(result.detail)
    const seconds = (performance.now() - start) / 1_000
    const { user, system } = process.cpuUsage(busy)
    options.onProgress?.(`epoch ${epoch} of ${size} records after ${history}: ${seconds.toFixed(1)} s`)
    if (epoch === 0) rebuildS = seconds
    else {
      rates.push(size / seconds)
      busyUs.push((user + system) / size)
    }
    rid += size
    uses += Math.floor((size / 20) * 9)
  }
  await assertAccepted(warehouse, records)
  return {
    history,
    records,
    recordsPerS: Math.round(medianOf(rates)),
    cpuUs: Math.round(medianOf(busyUs)),
    rebuildS: Math.round(rebuildS * 10) / 10,
    rssMiB: Math.round(rss / 2 ** 20),
  }
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[values.length >> 1]!
}

/** A bench of records that are refused would be fast. */
async function assertAccepted(warehouse: Database, records: number): Promise<void> {
  const row = await warehouse.one<{ accepted: bigint }>(
    'SELECT count(*) AS accepted FROM outcome WHERE outcome = 0 AND epoch = (SELECT max(epoch) FROM epoch)',
  )
  if (Number(row!.accepted) < records * 0.85) throw new RangeError(`${row!.accepted} of ${records} were accepted.`)
}

function source(warehouse: Database): RecordSource {
  return {
    partitions: async () => {
      const rows = await warehouse.all('SELECT topic, partition_id, next_offset FROM read_position ORDER BY ALL')
      return rows.map((row) => {
        const end = row.next_offset as bigint
        const place = { topic: row.topic as string, partition: row.partition_id as number }
        return { ...place, startOffset: 0n, endOffset: end, highWatermark: end }
      })
    },
    read: async () => undefined,
    close: async () => undefined,
  }
}

/** Epoch 1 with so many records and everything that they left, closed. */
async function makeHistory(warehouse: Database, records: number): Promise<void> {
  await warehouse.run(sql('registrations'))
  await warehouse.run(sql('plan-history'), { records: BigInt(records) })
  await writeRecords(warehouse, false)
  await warehouse.run(sql('history-facts'))
  await runWith(warehouse, sql('history-features'))
  const hashes = Buffer.alloc(32 * [...records.toString(2)].filter((bit) => bit === '1').length)
  await warehouse.run(
    `INSERT INTO epoch (epoch, attempt, state, cut_time_ms, cut_published, tree_size, frontier)
     VALUES (1, 1, 'finalized', $time, true, $records, $hashes)`,
    { time: START_MS, records: BigInt(records), hashes: toBlob(hashes) },
    { hashes: BLOB },
  )
  await warehouse.run('INSERT INTO uncut VALUES (1, $first)', { first: BigInt(records + 1) })
}

async function writeRecords(warehouse: Database, whole: boolean): Promise<void> {
  await runWith(warehouse, sql('records'), { whole, start_ms: START_MS })
}

/** Runs a statement with those of the templates that it names: parts of records around twelve digits. */
async function runWith(
  warehouse: Database,
  statement: string,
  values: Record<string, DuckDBValue> = {},
): Promise<void> {
  const all: Record<string, DuckDBValue> = { ...templates(), ...values }
  const named = Object.entries(all).filter(([name]) => new RegExp(`\\$${name}\\b`).test(statement))
  const types = named.map(([name, value]): [string, DuckDBType] => [
    name,
    typeof value === 'boolean' ? BOOLEAN : typeof value === 'bigint' ? BIGINT : BLOB,
  ])
  await warehouse.run(statement, Object.fromEntries(named), Object.fromEntries(types))
}

function templates(): Record<string, DuckDBValue> {
  const use = encodeEvent({ type: 'InferenceRecorded', source: 'urn:gateway', id: `use-${DIGITS}`, body: USE }, TIME)
  const features = encodeEvent(
    { type: 'InferenceFeatures', source: 'urn:extractor', id: `fea-${DIGITS}`, body: FEATURES },
    TIME,
  )
  const useHeaders = encodeHeaders(use.headers)
  const featuresHeaders = encodeHeaders(features.headers)
  const parts = {
    use_value: Buffer.from(use.value),
    use_headers: before(useHeaders),
    use_headers_tail: after(useHeaders),
    use_id: idPrefix('urn:gateway', 'use-'),
    use_type: Buffer.from(`${ceTypeOf('InferenceRecorded')}\0`),
    features_head: before(features.value),
    features_tail: after(features.value),
    features_headers: before(featuresHeaders),
    features_headers_tail: after(featuresHeaders),
    features_id: idPrefix('urn:extractor', 'fea-'),
    features_type: Buffer.from(`${ceTypeOf('InferenceFeatures')}\0`),
  }
  return Object.fromEntries(Object.entries(parts).map(([name, bytes]) => [name, toBlob(bytes)]))
}

function before(bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(bytes)
  return buffer.subarray(0, buffer.indexOf(DIGITS))
}

function after(bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(bytes)
  return buffer.subarray(buffer.indexOf(DIGITS) + DIGITS.length)
}

/** What an id hash is taken over, up to the digits. */
function idPrefix(source: string, id: string): Buffer {
  const parts = Buffer.alloc(8)
  parts.writeUInt32BE(source.length)
  parts.writeUInt32BE(id.length + DIGITS.length, 4)
  return Buffer.concat([parts.subarray(0, 4), Buffer.from(source), parts.subarray(4), Buffer.from(id)])
}
