import { FeatureFileError } from './errors.ts'
import type { FeatureFiles } from './feature-files.ts'
import { NpyMatrix } from './npy.ts'
import { withDuckDb } from './parquet.ts'
import { type Quantised, quantise } from './quantise.ts'
import { CONTRIBUTION_COLUMNS, INFERENCE_LIST_COLUMNS, readContributionList, readInferenceList } from './read-lists.ts'
import { type Column, TableReader } from './table-reader.ts'

export interface ImportedArrays {
  readonly files: FeatureFiles
  readonly contributions: Quantised
  readonly inferences: Quantised
}

export interface ArrayPaths {
  /** A .npy or TRAK .mmap file, one row a contribution. */
  readonly contributions: string
  /** A .csv or .parquet file with contribution_id and account, in the same order. */
  readonly contributionList: string
  readonly inferences: string
  /** With inference_id, fee, payer, and perhaps p16. */
  readonly inferenceList: string
}

/**
 * Gradients that another tool wrote, with lists of whose they are, as dense features.
 *
 * @throws FeatureFileError
 */
export async function importArrays(paths: ArrayPaths, onProgress?: (text: string) => void): Promise<ImportedArrays> {
  const items = await NpyMatrix.open(paths.contributions)
  const uses = await NpyMatrix.open(paths.inferences)
  if (items.columns !== uses.columns)
    throw new FeatureFileError(`its rows have ${uses.columns} values, those of ${items.file} ${items.columns}.`, {
      file: uses.file,
    })
  const who = await withList(paths.contributionList, items, CONTRIBUTION_COLUMNS, readContributionList, onProgress)
  const paid = await withList(paths.inferenceList, uses, INFERENCE_LIST_COLUMNS, readInferenceList, onProgress)
  const contributions = await quantise(items, onProgress)
  const inferences = await quantise(uses, onProgress)
  const files = {
    contributions: { ...who, rows: contributions.rows },
    inferences: { ...paid, rows: inferences.rows },
  }
  return { files, contributions, inferences }
}

/** Opens a list that has one line for each row of the matrix. */
async function withList<Result>(
  path: string,
  matrix: NpyMatrix,
  columns: readonly Column[],
  read: (table: TableReader) => Promise<Result>,
  onProgress: ((text: string) => void) | undefined,
): Promise<Result> {
  return withDuckDb(async (connection) => {
    const table = await TableReader.open(connection, path, () => columns, onProgress)
    if (table.count !== matrix.rows)
      throw new FeatureFileError(`it has ${table.count} rows, and ${matrix.file} has ${matrix.rows}.`, {
        file: table.file,
      })
    return read(table)
  })
}
