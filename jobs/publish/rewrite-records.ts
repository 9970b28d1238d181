import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { syncPathNow } from '../../pipelines/warehouse/sync-path.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { Ledger } from '../ledger.ts'
import { ERASURES_FILE, erasuresOf } from './erasures.ts'
import { describeFile, draftFolder, type FileEntry, RECORDS_FILE, writeRecords } from './write-bundle.ts'

const LISTING = 'files.json'

export class BundleDamagedError extends TallyError {
  override readonly code = 'BUNDLE_DAMAGED'
  constructor(facts: { path: string; problem: string }) {
    super(`${facts.path} cannot be read: ${facts.problem}.`, {
      facts,
      hint: 'Restore that bundle from a backup, or remove its folder, and run `tally erase` again.',
    })
  }
}

/** Whether a bundle still has records that do not show all that was erased of its epoch. */
export async function isStale({ warehouse }: Ledger, folder: string, epoch: number): Promise<boolean> {
  const wanted = await erasuresOf(warehouse, epoch)
  if (wanted === undefined || !existsSync(join(folder, RECORDS_FILE))) return false
  const path = join(folder, ERASURES_FILE)
  return !existsSync(path) || !readFileSync(path).equals(wanted)
}

/**
 * Writes the records of a bundle again, without what was erased since; every other file stays as it is, `manifest.json` too. Of an
 * epoch of which records were erased.
 *
 * 1. The records. Killed before: the bundle is as it was. Killed after: they are not those that `files.json` lists.
 * 2. `files.json`. Killed after: it lists an `erasures.json` that is another one, or is not there.
 * 3. `restricted/erasures.json`, by which one sees that all is done. Killed before: the next call does it again.
 *
 * @throws BundleDamagedError when `files.json` is none; nothing was changed
 */
export async function rewriteRecords(ledger: Ledger, bundles: string, folder: string, epoch: number): Promise<void> {
  const erasures = (await erasuresOf(ledger.warehouse, epoch))!
  const files = readListing(join(folder, LISTING))
  const drafts = draftFolder(bundles, epoch)
  rmSync(drafts, { recursive: true, force: true })
  mkdirSync(drafts)
  const draft = join(drafts, 'draft')
  const replace = (name: string) => {
    syncPathNow(draft)
    renameSync(draft, join(folder, name))
    syncPathNow(dirname(join(folder, name)))
  }
  await writeRecords(ledger.warehouse, draft, epoch)
  files[RECORDS_FILE] = await describeFile(draft)
  replace(RECORDS_FILE)
  writeFileSync(draft, erasures)
  files[ERASURES_FILE] = await describeFile(draft)
  writeFileSync(draft, canonicalJson({ files } as unknown as CanonicalJson))
  replace(LISTING)
  writeFileSync(draft, erasures)
  replace(ERASURES_FILE)
  rmSync(drafts, { recursive: true })
}

function readListing(path: string): Record<string, FileEntry> {
  try {
    const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files?: unknown }
    if (typeof files !== 'object' || files === null) throw new SyntaxError('it lists no files')
    return files as Record<string, FileEntry>
  } catch (error) {
    throw new BundleDamagedError({ path, problem: (error as Error).message })
  }
}
