import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { GradientRows } from '../../jobs/attribution/bilinear/gradient-rows.ts'
import type { Kernels, PairQuery } from '../../jobs/attribution/kernel/kernels.ts'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { openPython } from '../python.ts'
import { type Times, timed } from './measured.ts'
import { Dice } from './synthetic.ts'

const SQL = readSql(new URL('./pairs.sql', import.meta.url))
const DIMENSIONS = 512
const ACCOUNTS = 100
const TOP = 10
/** SQL is so slow that it gets fewer. */
const SQL_SHARE = 20
const SEED = 3

export interface PairSizes {
  readonly events: number
  readonly contributions: number
}

/** Millions of pairs a second, of processor time of one thread. */
export interface PairRate extends Times {
  readonly name: string
  readonly mpairs_per_s: number
}

interface Data {
  readonly rows: GradientRows
  readonly query: PairQuery
}

/**
 * Scores of dense features of 512 dimensions, one thread each: the kernel and what others have for it, all but two with the
 * ten strongest contributions, Σ|score| and the sums of accounts.
 */
export async function benchPairs(
  sizes: PairSizes,
  rounds: number,
  python: ReturnType<typeof openPython>,
): Promise<PairRate[]> {
  const data = pairData(sizes)
  const kernels = openKernels({ threads: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-bench-'))
  const rates: PairRate[] = []
  try {
    writePairs(folder, data)
    // Once for the compiler of the machine.
    await kernels.scorePairs(data.rows, { ...data.query, vectors: data.query.vectors.subarray(0, 16 * DIMENSIONS) })
    // In turn, so that whatever else the machine does meets all of them.
    for (let round = 0; round < rounds; round++) rates.push(...(await oneRound(data, sizes, folder, kernels, python)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await kernels.close()
  }
  const names = [...new Set(rates.map(({ name }) => name))]
  return names.map((name) => median(rates.filter((rate) => rate.name === name)))
}

async function oneRound(
  { rows, query }: Data,
  sizes: PairSizes,
  folder: string,
  kernels: Kernels,
  python: ReturnType<typeof openPython>,
): Promise<PairRate[]> {
  const count = sizes.events * sizes.contributions
  const own = toRate('tallystick', await timed(() => kernels.scorePairs(rows, query)), count)
  const others = 'run' in python ? (python.run(['pairs', folder], 1) as Record<string, Times>) : {}
  return [
    own,
    ...Object.entries(others).map(([name, times]) => toRate(name, times, count)),
    await sqlRate({ rows, query }, sizes),
  ]
}

function median(rates: readonly PairRate[]): PairRate {
  return [...rates].sort((a, b) => a.mpairs_per_s - b.mpairs_per_s)[Math.floor(rates.length / 2)]!
}

function toRate(name: string, { wall_s, cpu_s }: Times, pairs: number): PairRate {
  return { name, wall_s, cpu_s, mpairs_per_s: pairs / cpu_s / 1e6 }
}

function pairData({ events, contributions }: PairSizes): Data {
  const dice = new Dice(SEED)
  const factors = Int8Array.from({ length: contributions * DIMENSIONS }, () => dice.below(127) - 63)
  return {
    rows: {
      count: contributions,
      rank: DIMENSIONS,
      classes: 1,
      factors,
      multipliers: new Uint16Array(contributions).fill(1),
      errors: new Int16Array(contributions).fill(1),
      errorSumMax: 1,
    },
    query: {
      vectors: Int16Array.from({ length: events * DIMENSIONS }, () => dice.below(65_535) - 32_767),
      weights: new Uint32Array(contributions).fill(2 ** 21),
      segmentOf: Uint32Array.from({ length: contributions }, (_, at) => (at < ACCOUNTS ? at : dice.below(ACCOUNTS))),
      segments: ACCOUNTS,
      top: TOP,
    },
  }
}

function writePairs(folder: string, { rows, query }: Data): void {
  writeFileSync(join(folder, 'pair-events.bin'), query.vectors)
  writeFileSync(join(folder, 'pair-items.bin'), rows.factors)
  writeFileSync(join(folder, 'pair-accounts.bin'), query.segmentOf)
  writeFileSync(join(folder, 'shape.json'), JSON.stringify({ rank: DIMENSIONS, accounts: ACCOUNTS }))
}

/** DuckDB with FLOAT[512] columns, one thread, a twentieth of the events and of the contributions. */
async function sqlRate({ rows, query }: Data, sizes: PairSizes): Promise<PairRate> {
  const events = Math.max(1, Math.floor(sizes.events / SQL_SHARE))
  const contributions = Math.max(ACCOUNTS, Math.floor(sizes.contributions / SQL_SHARE))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    await connection.run(`CREATE TABLE event (id INTEGER, v FLOAT[${DIMENSIONS}])`)
    await connection.run(`CREATE TABLE item (id INTEGER, account INTEGER, v FLOAT[${DIMENSIONS}])`)
    await insert(connection, 'event', events, (at) => `${at}, ${vectorOf(query.vectors, at)}`)
    await insert(
      connection,
      'item',
      contributions,
      (at) => `${at}, ${query.segmentOf[at]}, ${vectorOf(rows.factors, at)}`,
    )
    return toRate('DuckDB SQL', await timed(() => connection.run(SQL)), events * contributions)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>

async function insert(connection: Connection, table: string, count: number, values: (at: number) => string) {
  const STEP = 100
  for (let from = 0; from < count; from += STEP) {
    const rows = Array.from({ length: Math.min(STEP, count - from) }, (_, at) => `(${values(from + at)})`)
    await connection.run(`INSERT INTO ${table} VALUES ${rows.join(', ')}`)
  }
}

function vectorOf(values: Int16Array | Int8Array, at: number): string {
  return `[${values.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS).join(', ')}]`
}
