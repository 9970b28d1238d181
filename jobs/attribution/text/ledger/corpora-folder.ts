import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Database } from '../../../../pipelines/warehouse/database.ts'

/** Of the data folder; a folder in it for each text map. */
const FOLDER = 'cache/texts'

/** Where the texts under a map are kept, sorted. */
export function corpusFolder(warehouse: Database, textMap: string): string {
  // Identifiers may have any character, and be longer than names of files.
  const name = createHash('sha256').update(textMap, 'utf8').digest('hex')
  return join(dirname(warehouse.path), FOLDER, name)
}

/** Where the texts of all maps are kept, sorted; undefined: none are. */
export function corporaFolder(warehouse: Database): string | undefined {
  const folder = join(dirname(warehouse.path), FOLDER)
  return existsSync(folder) ? folder : undefined
}

/** Forgets all sorted texts: they are made again from the warehouse when they are asked for. */
export function removeCorpora(warehouse: Database): void {
  rmSync(join(dirname(warehouse.path), FOLDER), { recursive: true, force: true })
}
