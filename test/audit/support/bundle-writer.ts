import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type CanonicalJson, canonicalJson } from '../../../anchor/canonical-json.ts'
import type { Manifest } from '../../../anchor/manifest.ts'

export type Cell = string | number | bigint | Uint8Array | null

/** Rows of one Parquet file; the SQL types stand beside the names. */
export interface Table {
  readonly columns: Readonly<Record<string, 'VARCHAR' | 'INTEGER' | 'BIGINT' | 'BLOB'>>
  rows: Record<string, Cell>[]
}

/** Everything of an epoch's folder that a test may change before it is written. */
export interface EpochFiles {
  manifest: Manifest
  genesis: CanonicalJson
  state: CanonicalJson
  tables: {
    leaves: Table
    accounts: Table
    disputes: Table
    adjustments: Table
    lines: Table
    sales: Table
    scores: Table
    vectors: Table
    correctedUses: Table
    records: Table
  }
}

const FILE_OF = {
  leaves: 'public/leaves.parquet',
  accounts: 'public/accounts.parquet',
  disputes: 'public/disputes.parquet',
  adjustments: 'public/adjustments.parquet',
  lines: 'public/lines.parquet',
  sales: 'public/sales.parquet',
  scores: 'public/scores.parquet',
  vectors: 'public/vectors.parquet',
  correctedUses: 'restricted/corrected-uses.parquet',
  records: 'restricted/records.parquet',
} as const

/** Writes an epoch's folder with a files.json that fits, whatever else is wrong with it. */
export async function writeBundle(folder: string, files: EpochFiles): Promise<void> {
  for (const [path, document] of [
    ['manifest.json', files.manifest as unknown as CanonicalJson],
    ['genesis.json', files.genesis],
    ['state.json', files.state],
  ] as const) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, path), canonicalJson(document))
  }
  for (const [name, path] of Object.entries(FILE_OF)) {
    await writeParquet(join(folder, path), files.tables[name as keyof typeof FILE_OF])
  }
  await writeFilesJson(folder)
}

/** Lists every file of the folder with its size and hash. */
export async function writeFilesJson(folder: string): Promise<void> {
  const listed: Record<string, { bytes: number; sha256: string }> = {}
  for (const path of await filesOf(folder)) {
    if (path === 'files.json') continue
    const bytes = await readFile(join(folder, path))
    listed[path] = { bytes: bytes.length, sha256: `0x${createHash('sha256').update(bytes).digest('hex')}` }
  }
  await writeFile(join(folder, 'files.json'), canonicalJson({ files: listed }))
}

/** Paths below a folder, ascending. */
export async function filesOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort()
  const isFile = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).isFile()))
  return names.filter((_, index) => isFile[index])
}

/** One Parquet file, written by DuckDB as the product writes it. */
export async function writeParquet(path: string, { columns, rows }: Table): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const definition = Object.entries(columns).map(([name, type]) => `${name} ${type}`)
    await connection.run(`CREATE TABLE rows (${definition.join(', ')})`)
    for (const row of rows) {
      const values = Object.entries(columns).map(([name, type]) => literal(row[name] ?? null, type))
      await connection.run(`INSERT INTO rows VALUES (${values.join(', ')})`)
    }
    await connection.run(`COPY rows TO '${path}' (FORMAT parquet)`)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function literal(value: Cell, type: string): string {
  if (value === null) return 'NULL'
  if (value instanceof Uint8Array) return `from_hex('${Buffer.from(value).toString('hex')}')`
  return `CAST('${String(value).replaceAll("'", "''")}' AS ${type})`
}
