import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { encodeManifest, type Manifest } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { syncPathNow } from '../../pipelines/warehouse/sync-path.ts'
import { encodeState, loadState } from '../carry-state.ts'
import type { Ledger } from '../ledger.ts'
import { ERASURES_FILE, erasuresOf } from './erasures.ts'

/** As `files.json` describes a file. */
export interface FileEntry {
  readonly bytes: number
  readonly sha256: string
}

export const RECORDS_FILE = 'restricted/records.parquet'
const PARQUET_FILES = {
  'public/disputes.parquet': 'disputes.sql',
  'public/leaves.parquet': 'leaves.sql',
  'public/accounts.parquet': 'accounts.sql',
  'public/adjustments.parquet': 'adjustments.sql',
  'public/lines.parquet': 'lines.sql',
  'public/sales.parquet': 'sales.sql',
  'public/scores.parquet': 'scores.sql',
  'public/vectors.parquet': 'vectors.sql',
  'restricted/corrected-uses.parquet': 'corrected-uses.sql',
  [RECORDS_FILE]: 'records.sql',
} as const

/** Name of an epoch's bundle: names ascend as epochs do. */
export function bundleName(epoch: number): string {
  return `epoch-${String(epoch).padStart(6, '0')}`
}

/** The epoch that {@link bundleName} names; undefined: it is no such name. */
export function bundleEpoch(name: string): number | undefined {
  return /^epoch-\d{6,}$/.test(name) ? Number(name.slice('epoch-'.length)) : undefined
}

/** In the folder of all bundles: those of attempts that were vetoed. */
export const VETOED_FOLDER = 'vetoed'

/** Where a bundle is written before it has its name; a process that was killed leaves it. */
export function draftFolder(bundles: string, epoch: number): string {
  return join(bundles, `.epoch-${epoch}`)
}

/** Folder of an epoch's bundle. */
export function bundleFolder(bundles: string, epoch: number): string {
  return join(bundles, bundleName(epoch))
}

/**
 * Writes the bundle of an epoch (docs/formats.md#bundle) beside its place, fsyncs it, and renames it there. Killed before
 * the rename: a folder with a leading dot is left, which the next call removes. Killed after: the bundle is complete; the
 * next call replaces it by equal bytes.
 */
export async function writeBundle(ledger: Ledger, bundles: string, manifest: Manifest): Promise<string> {
  const target = bundleFolder(bundles, manifest.epoch)
  const draft = draftFolder(bundles, manifest.epoch)
  rmSync(draft, { recursive: true, force: true })
  for (const tier of ['public', 'restricted']) mkdirSync(join(draft, tier), { recursive: true })
  const documents: Record<string, Uint8Array> = {
    'genesis.json': canonicalJson(ledger.genesis as unknown as CanonicalJson),
    'manifest.json': encodeManifest(manifest),
    'state.json': encodeState(await loadState(ledger.warehouse, manifest.epoch)),
  }
  const erasures = await erasuresOf(ledger.warehouse, manifest.epoch)
  if (erasures !== undefined) documents[ERASURES_FILE] = erasures
  for (const [path, bytes] of Object.entries(documents)) writeFileSync(join(draft, path), bytes)
  for (const [path, query] of Object.entries(PARQUET_FILES))
    await writeParquet(ledger.warehouse, join(draft, path), query, manifest.epoch)
  const paths = [...Object.keys(documents), ...Object.keys(PARQUET_FILES)].sort()
  const files: Record<string, FileEntry> = {}
  for (const path of paths) files[path] = await describeFile(join(draft, path))
  writeFileSync(join(draft, 'files.json'), canonicalJson({ files } as unknown as CanonicalJson))
  for (const path of [...paths, 'files.json', 'public', 'restricted', '.']) syncPathNow(join(draft, path))
  rmSync(target, { recursive: true, force: true })
  renameSync(draft, target)
  syncPathNow(dirname(target))
  return target
}

/** Writes the records of an epoch as the warehouse has them, without what was erased. */
export function writeRecords(warehouse: Database, path: string, epoch: number): Promise<void> {
  return writeParquet(warehouse, path, PARQUET_FILES[RECORDS_FILE], epoch)
}

async function writeParquet(warehouse: Database, path: string, query: string, epoch: number): Promise<void> {
  const select = readSql(new URL(`./parquet/${query}`, import.meta.url)).replaceAll('$epoch', String(epoch))
  await warehouse.run(
    `COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048)`,
  )
}

export async function describeFile(path: string): Promise<FileEntry> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return { bytes: statSync(path).size, sha256: `0x${hash.digest('hex')}` }
}
