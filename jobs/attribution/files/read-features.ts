import { join } from 'node:path'
import type { FeatureRows } from '../rows.ts'
import { FeatureFileError } from './errors.ts'
import {
  CONTRIBUTIONS_FILE,
  type ContributionList,
  type FeatureFiles,
  INFERENCES_FILE,
  type InferenceList,
} from './feature-files.ts'
import { withDuckDb } from './parquet.ts'
import { CONTRIBUTION_COLUMNS, INFERENCE_COLUMNS, readContributionList, readInferenceList } from './read-lists.ts'
import { allocateDenseRows, type FactorColumns, featureColumns, RowsReader } from './rows-reader.ts'
import { type Column, TableReader } from './table-reader.ts'

const CONTRIBUTION_FACTORS: FactorColumns = { factors: 'a', multiplier: 'ua' }
const INFERENCE_FACTORS: FactorColumns = { factors: 'b', multiplier: 'ub' }

/**
 * Reads contributions.parquet and inferences.parquet of a folder (docs/features.md), every value checked.
 *
 * @throws FeatureFileError with file, row and column of the first thing that is wrong
 */
export async function readFeatureFiles(folder: string, onProgress?: (text: string) => void): Promise<FeatureFiles> {
  return withDuckDb(async (connection) => {
    const open = (file: string, columnsFor: (found: ReadonlySet<string>) => readonly Column[]) =>
      TableReader.open(connection, join(folder, file), columnsFor, onProgress)
    const items = await open(CONTRIBUTIONS_FILE, (found) => [
      ...CONTRIBUTION_COLUMNS,
      ...featureColumns(found, CONTRIBUTION_FACTORS),
    ])
    const uses = await open(INFERENCES_FILE, (found) => [
      ...INFERENCE_COLUMNS,
      ...featureColumns(found, INFERENCE_FACTORS),
    ])
    if (items.has('v') !== uses.has('v'))
      throw new FeatureFileError('one file has dense features (column v) and the other has not.', {
        file: INFERENCES_FILE,
      })
    return sameShape(await readItems(items), await readUses(uses))
  })
}

/** `rows` is undefined where there is none. */
interface Unshaped<Part> {
  readonly table: Part
  readonly rows: FeatureRows | undefined
}

async function readItems(table: TableReader): Promise<Unshaped<ContributionList>> {
  const features = new RowsReader(table, CONTRIBUTION_FACTORS)
  return { table: await readContributionList(table, (cells) => features.take(cells)), rows: features.rows }
}

async function readUses(table: TableReader): Promise<Unshaped<InferenceList>> {
  const features = new RowsReader(table, INFERENCE_FACTORS)
  return { table: await readInferenceList(table, (cells) => features.take(cells)), rows: features.rows }
}

/** A file without rows takes the shape of the other one. */
function sameShape(contributions: Unshaped<ContributionList>, inferences: Unshaped<InferenceList>): FeatureFiles {
  const items = contributions.rows ?? emptyLike(inferences.rows)
  const uses = inferences.rows ?? emptyLike(contributions.rows)
  if (shapeOf(items) !== shapeOf(uses))
    throw new FeatureFileError(`it has ${shapeOf(uses)}, the contributions ${shapeOf(items)}.`, {
      file: INFERENCES_FILE,
    })
  return { contributions: { ...contributions.table, rows: items }, inferences: { ...inferences.table, rows: uses } }
}

function emptyLike(rows: FeatureRows | undefined): FeatureRows {
  if (rows === undefined || rows.kind === 'dense') return allocateDenseRows(0, rows?.rank ?? 1)
  return {
    ...rows,
    count: 0,
    factors: rows.factors.subarray(0, 0),
    multipliers: rows.multipliers.subarray(0, 0),
    probabilities: rows.probabilities.subarray(0, 0),
    checkpoints: rows.checkpoints.subarray(0, 0),
    labels: rows.labels.subarray(0, 0),
  }
}

function shapeOf(rows: FeatureRows): string {
  if (rows.kind === 'dense') return `vectors of ${rows.rank}`
  return `${rows.rank} factors, ${rows.classes} classes, ${rows.checkpointCount} checkpoints`
}
