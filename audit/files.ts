import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { JsonNotCanonicalError, parseCanonicalJson } from '../anchor/canonical-json.ts'
import { differ } from './difference.ts'
import { BundleUnreadableError } from './errors.ts'
import { compareText } from './order.ts'

const CHECK = 'files'
const FILES_JSON = 'files.json'

/** An epoch has eleven files; a bundle with many more is something else. */
const FILES_MAX = 64
const DEPTH_MAX = 3
/** Read whole into memory: documents, not tables. */
const DOCUMENT_BYTES_MAX = 256 * 1024 * 1024
/** A Parquet file is read by ranges, but its rows end up in memory. */
const FILE_BYTES_MAX = 8 * 1024 * 1024 * 1024

const listing = z.strictObject({
  files: z.record(
    z.string(),
    z.strictObject({
      bytes: z.number().int().nonnegative().max(FILE_BYTES_MAX),
      sha256: z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 lower-case hex digits'),
    }),
  ),
})

/** Every file of the public tier. */
const PUBLIC_FILES = [
  'genesis.json',
  'manifest.json',
  'public/accounts.parquet',
  'public/disputes.parquet',
  'public/adjustments.parquet',
  'public/leaves.parquet',
  'public/lines.parquet',
  'public/sales.parquet',
  'public/scores.parquet',
  'public/vectors.parquet',
  'state.json',
] as const
export const RECORDS_FILE = 'restricted/records.parquet'
export const ERASURES_FILE = 'restricted/erasures.json'
export const CORRECTED_USES_FILE = 'restricted/corrected-uses.parquet'
const LEAVES_FILE = 'public/leaves.parquet'
const REQUIRED_FILES: readonly string[] = [...PUBLIC_FILES, CORRECTED_USES_FILE, RECORDS_FILE]
/** Only an epoch of which something was erased lists its erasures. */
const RESTRICTED_FILES: readonly string[] = [CORRECTED_USES_FILE, RECORDS_FILE, ERASURES_FILE]
const KNOWN_FILES: readonly string[] = [...REQUIRED_FILES, ERASURES_FILE]

export interface CheckedFiles {
  readonly files: number
  readonly bytes: number
  /** False when the folder `restricted` was not given: then only what is public can be checked. */
  readonly hasRecords: boolean
  /** Whether records of the epoch were erased, as its operator says. */
  readonly hasErasures: boolean
}

/**
 * Holds an epoch's folder to its files.json (docs/formats.md#bundle): no file missing, none extra, no link, each with the
 * size and SHA-256 that are listed. The whole restricted tier may be absent.
 *
 * @param amountsOnly whether neither records nor leaves are looked at
 * @throws DifferenceFound       the first file, by path, that differs
 * @throws BundleUnreadableError
 */
export async function checkFiles(folder: string, { amountsOnly = false } = {}): Promise<CheckedFiles> {
  const onDisk = await listFolder(folder)
  if (!onDisk.delete(FILES_JSON)) differ(CHECK, FILES_JSON, 'a file', undefined)
  const listed = parseListing(await readDocument(folder, FILES_JSON))
  const hasRecords = [...onDisk].some((path) => path.startsWith('restricted/'))
  for (const path of REQUIRED_FILES) {
    if (listed[path] === undefined) differ(CHECK, `${FILES_JSON} files.${path}`, 'an entry', undefined)
  }
  let [files, bytes] = [0, 0]
  for (const path of [...new Set([...onDisk, ...Object.keys(listed)])].sort(compareText)) {
    const entry = listed[path]
    if (entry === undefined) differ(CHECK, path, 'no file of this name in files.json', 'a file')
    if (!KNOWN_FILES.includes(path)) differ(CHECK, `${FILES_JSON} files.${path}`, KNOWN_FILES.join(', '), path)
    const isRestricted = RESTRICTED_FILES.includes(path)
    if (amountsOnly && (isRestricted || path === LEAVES_FILE)) continue
    if (isRestricted && !hasRecords) continue
    if (!onDisk.has(path)) differ(CHECK, path, 'a file', undefined)
    await checkFile(folder, path, entry)
    files++
    bytes += entry.bytes
  }
  const hasErasures = hasRecords && listed[ERASURES_FILE] !== undefined
  return { files, bytes, hasRecords: hasRecords && !amountsOnly, hasErasures: hasErasures && !amountsOnly }
}

function parseListing(bytes: Uint8Array): z.infer<typeof listing>['files'] {
  const parsed = listing.safeParse(parseDocument(CHECK, FILES_JSON, bytes))
  if (parsed.success) return parsed.data.files
  const issue = parsed.error.issues[0]
  return differ(CHECK, `${FILES_JSON} ${issue?.path.join('.')}`, 'the shape of docs/formats.md#bundle', issue?.message)
}

async function checkFile(folder: string, path: string, entry: { bytes: number; sha256: string }): Promise<void> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of createReadStream(join(folder, path))) {
      size += (chunk as Buffer).length
      // A file that grows past its entry is not read to its end.
      if (size > entry.bytes) break
      hash.update(chunk as Buffer)
    }
  } catch (cause) {
    throw unreadable(join(folder, path), cause)
  }
  if (size > entry.bytes) differ(CHECK, path, `${entry.bytes} bytes (files.json)`, 'more')
  if (size < entry.bytes) differ(CHECK, path, `${entry.bytes} bytes (files.json)`, `${size} bytes`)
  const digest = `0x${hash.digest('hex')}`
  if (digest !== entry.sha256) differ(CHECK, path, `SHA-256 ${entry.sha256} (files.json)`, `SHA-256 ${digest}`)
}

/** Paths of all files below `folder`, with `/`; anything but files and folders is a difference. */
async function listFolder(folder: string): Promise<Set<string>> {
  const found = new Set<string>()
  const visit = async (prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch((cause) => {
      throw unreadable(join(folder, prefix), cause)
    })
    for (const entry of entries.sort((a, b) => compareText(a.name, b.name))) {
      const path = `${prefix}${entry.name}`
      if (entry.isSymbolicLink()) differ(CHECK, path, 'a file', 'a symbolic link')
      if (entry.isDirectory()) {
        if (depth === DEPTH_MAX) differ(CHECK, path, `at most ${DEPTH_MAX} levels of folders`, 'more')
        await visit(`${path}/`, depth + 1)
      } else if (entry.isFile()) {
        found.add(path)
        if (found.size > FILES_MAX) differ(CHECK, path, `at most ${FILES_MAX} files`, 'more')
      } else {
        differ(CHECK, path, 'a file', 'something that is no file and no folder')
      }
    }
  }
  await visit('', 1)
  return found
}

/** Bytes of a JSON document of the bundle. @throws DifferenceFound when it is too large, BundleUnreadableError */
export async function readDocument(folder: string, path: string): Promise<Uint8Array> {
  try {
    const { size } = await lstat(join(folder, path))
    if (size > DOCUMENT_BYTES_MAX) differ(CHECK, path, `at most ${DOCUMENT_BYTES_MAX} bytes`, `${size} bytes`)
    return await readFile(join(folder, path))
  } catch (cause) {
    if (cause instanceof Error && 'errno' in cause) throw unreadable(join(folder, path), cause)
    throw cause
  }
}

/** Canonical JSON or a difference. */
export function parseDocument(check: string, where: string, bytes: Uint8Array) {
  try {
    return parseCanonicalJson(bytes)
  } catch (cause) {
    if (!(cause instanceof JsonNotCanonicalError)) throw cause
    return differ(check, where, 'canonical JSON', cause.message)
  }
}

function unreadable(path: string, cause: unknown): BundleUnreadableError {
  return new BundleUnreadableError({ path, cause: cause instanceof Error ? cause.message : String(cause) }, cause)
}
