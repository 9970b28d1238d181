import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { BLOB, BOOLEAN, USMALLINT, VARCHAR } from '@duckdb/node-api'
import { toBlob } from '../../../pipelines/warehouse/blob.ts'
import type { FeatureRows } from '../rows.ts'
import { CONTRIBUTIONS_FILE, type FeatureFiles, INFERENCES_FILE } from './feature-files.ts'
import { type WrittenColumn, writeParquet } from './parquet.ts'

/**
 * Writes a folder that {@link readFeatureFiles} reads. Both files are written beside their place and then renamed: killed
 * before, there are no files of these names or the old ones; between the two, one of each, and writing again mends it.
 */
export async function writeFeatureFiles(
  folder: string,
  { contributions, inferences }: FeatureFiles,
  onProgress?: (text: string) => void,
): Promise<void> {
  // Contents can be made of features again: a new folder is its owner's alone.
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const items: WrittenColumn[] = [
    { name: 'contribution_id', type: VARCHAR, cell: (row) => contributions.ids[row]! },
    { name: 'account', type: VARCHAR, cell: (row) => contributions.accounts[row]! },
    { name: 'withdrawn', type: BOOLEAN, cell: (row) => contributions.withdrawn[row] === 1 },
    ...featureColumns(contributions.rows, 'a', 'ua'),
  ]
  const uses: WrittenColumn[] = [
    { name: 'inference_id', type: VARCHAR, cell: (row) => inferences.ids[row]! },
    { name: 'fee', type: VARCHAR, cell: (row) => inferences.fees[row]!.toString() },
    { name: 'payer', type: VARCHAR, cell: (row) => inferences.payers[row]! },
    { name: 'own', type: BOOLEAN, cell: (row) => inferences.own[row] === 1 },
    { name: 'p16', type: USMALLINT, cell: (row) => inferences.p16[row]! },
    ...featureColumns(inferences.rows, 'b', 'ub'),
  ]
  await writeFile(join(folder, CONTRIBUTIONS_FILE), contributions.ids.length, items, onProgress)
  await writeFile(join(folder, INFERENCES_FILE), inferences.ids.length, uses, onProgress)
}

async function writeFile(
  path: string,
  count: number,
  columns: readonly WrittenColumn[],
  onProgress: ((text: string) => void) | undefined,
): Promise<void> {
  const file = basename(path)
  const draft = join(dirname(path), `.${file}`)
  const report = (row: number) => onProgress?.(`writing ${file}: ${row} of ${count} rows`)
  try {
    await writeParquet(draft, count, columns, report)
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

function featureColumns(rows: FeatureRows, factors: string, multiplier: string): WrittenColumn[] {
  const { rank } = rows
  const vector = (row: number) => toBlob(bytesOf(rows.factors, row * rank, rank))
  const scale = (row: number) => rows.multipliers[row]!
  if (rows.kind === 'dense')
    return [
      { name: 'v', type: BLOB, cell: vector },
      { name: 'scale', type: USMALLINT, cell: scale },
    ]
  const { classes, checkpointCount, probabilities, checkpoints, labels } = rows
  const members = checkpointCount * classes
  const own: WrittenColumn[] = [
    { name: factors, type: BLOB, cell: vector },
    { name: multiplier, type: USMALLINT, cell: scale },
    { name: 'p', type: BLOB, cell: (row) => toBlob(bytesOf(probabilities, row * classes, classes)) },
    { name: 'label', type: USMALLINT, cell: (row) => labels[row]! },
  ]
  if (members === 0) return own
  return [
    ...own,
    { name: 'checkpoints', type: BLOB, cell: (row) => toBlob(bytesOf(checkpoints, row * members, members)) },
  ]
}

/** A copy, since the rows may lie in shared memory; little-endian, as every machine that Node.js runs on. */
function bytesOf(values: Int8Array | Uint16Array, from: number, length: number): Uint8Array {
  const each = values.BYTES_PER_ELEMENT
  const bytes = new Uint8Array(length * each)
  bytes.set(new Uint8Array(values.buffer, values.byteOffset + from * each, length * each))
  return bytes
}
