import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, decodeCheckpoint, openCheckpoint } from '../anchor/log/checkpoint.ts'
import { manifestLine, manifestLinesOf } from '../anchor/log/manifest-line.ts'
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../anchor/log/note/keys.ts'
import { NOTE_BYTES_MAX, parseNote } from '../anchor/log/note/note.ts'
import { originOf } from '../anchor/log/origin.ts'
import { type VerifiedLogKey, verifyLogKey } from '../anchor/log-key/log-key.ts'
import { TallyError } from '../schemas/errors.ts'
import { toHex } from '../schemas/ids.ts'
import { assertSame, causeText, differ } from './difference.ts'
import { BundleUnreadableError } from './errors.ts'

const CHECK = 'log'
const CHECKPOINT = 'log/checkpoint'
const KEY = 'log/verifier-key'
const WORD = 'log/key.json'

/** What a manifest says of the tree after its epoch. */
export interface PublishedTree {
  readonly epoch: number
  readonly size: string
  readonly root: string
  readonly manifestHash: string
}

/** Who says whose the key is that signed: the operator, by its word beside it; nobody; or there is no key. */
type LogVouched = 'operator' | 'nobody' | 'no key'

/** `not of these epochs`: its tree is none of those that were given, and need not be. */
export type CheckedLog = { readonly did: 'not there' | 'not of these epochs' } | HeldCheckpoint

interface HeldCheckpoint {
  readonly did: 'checked'
  readonly epoch: number
  readonly size: number
  readonly vouched: LogVouched
}

const SIGNED: Readonly<Record<LogVouched, string>> = {
  operator: 'signed with the key that the operator endorsed',
  nobody: 'signed with the key beside it',
  'no key': 'no key is beside it',
}

/** What was found, for a person. */
export function logText({ size, epoch, vouched }: HeldCheckpoint): string {
  return `checkpoint of ${size} leaves is that of epoch ${epoch}; ${SIGNED[vouched]}`
}

/**
 * Holds the checkpoint of the log (docs/formats.md#log) that lies beside the bundles to their manifests: when it is of this
 * ledger, and its size that of a tree that was given, so is its root, and the manifest that it names is that epoch's. It has to be
 * signed with the key beside it, and that has to be the one that the operator endorsed, as far as these are there.
 *
 * @param folder that the bundles' folder lies in
 * @param trees  of the epochs that were given, ascending, one after the other
 * @throws DifferenceFound
 * @throws BundleUnreadableError
 */
export async function checkLog(
  folder: string,
  ledgerId: Uint8Array,
  trees: readonly PublishedTree[],
): Promise<CheckedLog> {
  const note = await readSmall(join(folder, CHECKPOINT), CHECKPOINT)
  if (note === undefined) return { did: 'not there' }
  const word = await readWord(folder)
  // Another ledger's: a folder of this name need not belong to these bundles.
  if (word !== undefined && word.ledger !== toHex(ledgerId)) return { did: 'not of these epochs' }
  const key = await readKey(folder, word)
  const checkpoint = await openOrDiffer(note, key)
  if (checkpoint.origin !== originOf(ledgerId)) return { did: 'not of these epochs' }
  const epoch = epochOf(checkpoint, trees)
  if (epoch === undefined) return { did: 'not of these epochs' }
  const vouched = word !== undefined ? 'operator' : key !== undefined ? 'nobody' : 'no key'
  return { did: 'checked', epoch, size: checkpoint.size, vouched }
}

/** The epoch whose tree and manifest the checkpoint has; undefined when it is none of these. @throws DifferenceFound */
function epochOf(checkpoint: Checkpoint, trees: readonly PublishedTree[]): number | undefined {
  const { size, root } = checkpoint
  // Epochs without records have the tree of the one before.
  const ofSize = trees.filter((each) => each.size === String(size))
  const [first] = ofSize
  if (first === undefined) {
    const sizes = trees.map((each) => BigInt(each.size))
    if (BigInt(size) > sizes[0]! && BigInt(size) < sizes.at(-1)!)
      differ(CHECK, `${CHECKPOINT} size`, `the size of one of the trees: ${sizes.join(', ')}`, size)
    return undefined
  }
  assertSame(CHECK, `${CHECKPOINT} root of ${size} leaves (tree of epoch ${first.epoch})`, first.root, toHex(root))
  const named = manifestLinesOf(checkpoint)
  if (named.length === 0) return first.epoch
  const lines = ofSize.map(({ epoch, manifestHash }) => manifestLine(epoch, manifestHash))
  const at = lines.findIndex((line) => named.includes(line))
  if (at >= 0) return ofSize[at]!.epoch
  // A later epoch without records may be the one: it was not given.
  const isLast = first.size === trees.at(-1)!.size
  if (isLast && !ofSize.some(({ epoch }) => named.some((line) => line.startsWith(manifestLine(epoch, '')))))
    return undefined
  return differ(CHECK, `${CHECKPOINT} manifest`, lines.join(' or '), named.join(' and '))
}

/** The operator's word on the key; undefined when there is none. */
async function readWord(folder: string): Promise<VerifiedLogKey | undefined> {
  const bytes = await readSmall(join(folder, WORD), WORD)
  if (bytes === undefined) return undefined
  return verifyLogKey(bytes).catch((cause: unknown) => differFrom(cause, WORD, 'the word of an operator on a key'))
}

async function readKey(folder: string, word: VerifiedLogKey | undefined): Promise<VerifierKey | undefined> {
  const bytes = await readSmall(join(folder, KEY), KEY)
  if (bytes === undefined) return word?.key
  const text = Buffer.from(bytes).toString('utf8').trim()
  if (word !== undefined) assertSame(CHECK, KEY, formatVerifierKey(word.key), text)
  try {
    return parseVerifierKey(text)
  } catch (cause) {
    return differFrom(cause, KEY, 'a verifier key of docs/formats.md#log')
  }
}

async function openOrDiffer(note: Uint8Array, key: VerifierKey | undefined): Promise<Checkpoint> {
  try {
    if (key === undefined) return decodeCheckpoint(parseNote(note).text)
    return (await openCheckpoint(note, { key })).checkpoint
  } catch (cause) {
    return differFrom(cause, CHECKPOINT, 'a checkpoint of docs/formats.md#log')
  }
}

/** What is not of its shape differs; anything else is a fault of this program. */
function differFrom(cause: unknown, where: string, expected: string): never {
  if (!(cause instanceof TallyError)) throw cause
  return differ(CHECK, where, expected, cause.message)
}

/** @returns undefined when there is no such file */
async function readSmall(path: string, where: string): Promise<Uint8Array | undefined> {
  try {
    const entry = await lstat(path)
    if (!entry.isFile() || entry.size > NOTE_BYTES_MAX)
      differ(CHECK, where, `a file of at most ${NOTE_BYTES_MAX} bytes`, entry.isFile() ? `${entry.size} bytes` : 'none')
    return await readFile(path)
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (syscall === undefined) throw cause
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new BundleUnreadableError({ path, cause: causeText(cause) }, cause)
  }
}
