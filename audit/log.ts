import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, decodeCheckpoint, openCheckpoint } from '../anchor/log/checkpoint.ts'
import { parseVerifierKey } from '../anchor/log/note/keys.ts'
import { NOTE_BYTES_MAX, parseNote } from '../anchor/log/note/note.ts'
import { originOf } from '../anchor/log/origin.ts'
import { TallyError } from '../schemas/errors.ts'
import { toHex } from '../schemas/ids.ts'
import { assertSame, causeText, differ } from './difference.ts'
import { BundleUnreadableError } from './errors.ts'

const CHECK = 'log'
const CHECKPOINT = 'log/checkpoint'
const KEY = 'log/verifier-key'

/** What a manifest says of the tree after its epoch. */
export interface PublishedTree {
  readonly epoch: number
  readonly size: string
  readonly root: string
}

/** `not of these epochs`: its tree is none of those that were given, and need not be. */
export type CheckedLog =
  | { readonly did: 'not there' | 'not of these epochs' }
  | { readonly did: 'checked'; readonly epoch: number; readonly size: number; readonly isSigned: boolean }

/**
 * Holds the checkpoint of the log (docs/formats.md#log) that lies beside the bundles to their manifests: when it is
 * of this ledger, and its size that of a tree that was given, so is its root. With a verifier key beside it, it is signed with that key; whose
 * key that is, is not asked here.
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
  const key = await readSmall(join(folder, KEY), KEY)
  const { origin, size, root } = await openOrDiffer(note, key)
  // Another ledger's: a folder of this name need not belong to these bundles.
  if (origin !== originOf(ledgerId)) return { did: 'not of these epochs' }
  const tree = trees.find((each) => each.size === String(size))
  if (tree !== undefined) {
    assertSame(CHECK, `${CHECKPOINT} root of ${size} leaves (tree of epoch ${tree.epoch})`, tree.root, toHex(root))
    return { did: 'checked', epoch: tree.epoch, size, isSigned: key !== undefined }
  }
  const sizes = trees.map((each) => BigInt(each.size))
  if (BigInt(size) > sizes[0]! && BigInt(size) < sizes.at(-1)!)
    differ(CHECK, `${CHECKPOINT} size`, `the size of one of the trees: ${sizes.join(', ')}`, size)
  return { did: 'not of these epochs' }
}

async function openOrDiffer(note: Uint8Array, key: Uint8Array | undefined): Promise<Checkpoint> {
  try {
    if (key === undefined) return decodeCheckpoint(parseNote(note).text)
    const verifierKey = parseVerifierKey(Buffer.from(key).toString('utf8').trim())
    return (await openCheckpoint(note, { key: verifierKey })).checkpoint
  } catch (cause) {
    if (!(cause instanceof TallyError)) throw cause
    return differ(CHECK, CHECKPOINT, 'a checkpoint of docs/formats.md#log', cause.message)
  }
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
