import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BLOB } from '@duckdb/node-api'
import { bytesToHex, equalBytes } from '../../../anchor/bytes.ts'
import { type Checkpoint, decodeCheckpoint } from '../../../anchor/log/checkpoint.ts'
import { emptyFrontier, frontierRoot } from '../../../anchor/log/frontier.ts'
import { manifestLine } from '../../../anchor/log/manifest-line.ts'
import { formatVerifierKey, type VerifierKey } from '../../../anchor/log/note/keys.ts'
import { parseNote } from '../../../anchor/log/note/note.ts'
import { originOf } from '../../../anchor/log/origin.ts'
import type { ReadTile } from '../../../anchor/log/tiles/tiled-tree.ts'
import type { LogKey } from '../../../anchor/log-key/log-key.ts'
import { type Manifest, manifestHash } from '../../../anchor/manifest.ts'
import type { TypedDataSigner } from '../../../anchor/signatures/signer.ts'
import { fromBlob, toBlob } from '../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { TallyError } from '../../../schemas/errors.ts'
import { loadFrontier } from '../../close/seal-epoch.ts'
import type { Ledger } from '../../ledger.ts'
import { loadManifest } from '../build-manifest.ts'
import { readOptional, replaceFile, syncFolders } from './durable-files.ts'
import { CheckpointInconsistentError, LogKeyChangedError } from './errors.ts'
import { endorseLogKey } from './log-key.ts'
import { isExtendedBy, LogSigner, type Signing } from './log-signer.ts'
import { removePartials, writeTiles } from './write-tiles.ts'

export const CHECKPOINT_FILE = 'checkpoint'
export const VERIFIER_KEY_FILE = 'verifier-key'

export interface LogPlaces {
  /** Folder that is served: `checkpoint`, `verifier-key`, `tile/`. */
  readonly folder: string
  /** Folder of the log's key and of its memory; no backup of the warehouse may bring an older one back. */
  readonly keyFolder: string
  /** Told to whoever is refused because this process holds the key. */
  readonly verb: string
  /** Endorses the log's key when nobody has; without it the log goes on, and whoever reads it has to know the key. */
  readonly operator?: TypedDataSigner
}

export interface LogPublishing {
  readonly ledger: Ledger
  readonly places: LogPlaces
  /** A closed epoch. */
  readonly epoch: number
  /** Of the epoch, when it is not published yet. */
  readonly manifest?: Manifest
  /** Writes all tiles again instead of those that the epoch added. */
  readonly whole?: boolean
}

export type PublishedLog = Signing & { readonly detail: string; readonly endorsement: LogKey | undefined }

/**
 * Writes the log's static files (docs/formats.md#log) up to an epoch.
 *
 * 1. Tiles and entry bundles that the epoch touches are in place, durably. Killed before: files that nobody was told of.
 * 2. The checkpoint is signed, if it extends what was signed before. Killed before it is remembered: nothing was signed.
 * 3. The operator's word on the key is in place, when its key is at hand.
 * 4. The checkpoint takes the place of the one that is served. Killed before: the next call gets the same note, and goes on
 *    here.
 *
 * @throws CheckpointInconsistentError, LogFileConflictError, LogKeyError, LogKeyBusyError, LogKeyChangedError
 */
export async function publishLog(publishing: LogPublishing): Promise<PublishedLog> {
  const { ledger, places, epoch, whole = false } = publishing
  const { warehouse } = ledger
  const manifest = publishing.manifest ?? (await loadManifest(warehouse, epoch))
  const { folder, keyFolder, verb } = places
  await mkdir(folder, { recursive: true })
  const signer = await LogSigner.open({ folder: keyFolder, origin: originOf(ledger.ledgerId), verb })
  try {
    const read = readTilesIn(folder)
    await rememberServed(signer, folder, read)
    const before = whole ? emptyFrontier() : await loadFrontier(warehouse, epoch - 1)
    const after = await loadFrontier(warehouse, epoch)
    const full = await writeTiles({ warehouse, folder, before, after, signedSize: signer.last.size })
    const extensions = [manifestLine(epoch, manifestHash(manifest))]
    const tree = { size: after.size, root: frontierRoot(after), extensions }
    await assertExtendsKnown(warehouse, tree, signer.key.name, read)
    const signing = await signer.sign(tree, read)
    const endorsement = await endorseLogKey({ ledger, ...places, key: signer.key, size: after.size })
    await serve(folder, signing.note, `${formatVerifierKey(signer.key)}\n`)
    await removePartials(folder, full)
    const unbound = endorsement === undefined ? ' Its key is not endorsed: see `tally log key`.' : ''
    return { ...signing, endorsement, detail: `${detailOf(signing, after.size)}${unbound}` }
  } finally {
    signer.release()
  }
}

/**
 * The log's key with the operator's word on it, which is made now when it is not there and the operator's key is at hand.
 *
 * @throws LogKeyError, LogKeyBusyError, LogKeyEndorsementError
 */
export async function bindLogKey({
  ledger,
  places,
}: Pick<LogPublishing, 'ledger' | 'places'>): Promise<{ key: VerifierKey; endorsement: LogKey | undefined }> {
  const { folder, keyFolder, verb } = places
  await mkdir(folder, { recursive: true })
  const signer = await LogSigner.open({ folder: keyFolder, origin: originOf(ledger.ledgerId), verb })
  try {
    const { key, last } = signer
    return { key, endorsement: await endorseLogKey({ ledger, ...places, key, size: last.size }) }
  } finally {
    signer.release()
  }
}

/** Part of the transaction that publishes the epoch. */
export async function rememberCheckpoint(warehouse: Database, epoch: number, note: Uint8Array): Promise<void> {
  await warehouse.run('DELETE FROM checkpoint WHERE epoch = $epoch', { epoch })
  await warehouse.run('INSERT INTO checkpoint VALUES ($epoch, $note)', { epoch, note: toBlob(note) }, { note: BLOB })
}

/** Reads the files of a log in a folder. */
export function readTilesIn(folder: string): ReadTile {
  return (path) => readOptional(join(folder, path))
}

/** What is served was signed, whatever the key's own memory says: it may come from a backup. */
async function rememberServed(signer: LogSigner, folder: string, read: ReadTile): Promise<void> {
  const path = join(folder, CHECKPOINT_FILE)
  const served = await readOptional(path)
  if (served === undefined) return
  try {
    await signer.remember(served, read)
  } catch (cause) {
    if (!(cause instanceof TallyError) || cause.code !== 'NOTE_UNSIGNED') throw cause
    throw new LogKeyChangedError({ path, key: formatVerifierKey(signer.key) }, cause)
  }
}

/** The warehouse knows what it had signed, also by a key that is lost. */
async function assertExtendsKnown(
  warehouse: Database,
  tree: Pick<Checkpoint, 'size' | 'root'>,
  origin: string,
  read: ReadTile,
): Promise<void> {
  const row = await warehouse.one('SELECT note FROM checkpoint ORDER BY epoch DESC LIMIT 1')
  if (row === undefined) return
  const known = decodeCheckpoint(parseNote(fromBlob(row.note)).text)
  // A larger one was signed for later epochs, when an earlier one is published again after a veto.
  const [older, newer] = known.size <= tree.size ? [known, tree] : [tree, known]
  if (await isExtendedBy(older, newer, read)) return
  throw new CheckpointInconsistentError({
    origin,
    signedSize: known.size,
    signedRoot: bytesToHex(known.root),
    size: tree.size,
    root: bytesToHex(tree.root),
  })
}

async function serve(folder: string, note: Uint8Array, verifierKey: string): Promise<void> {
  const files = { [VERIFIER_KEY_FILE]: Buffer.from(verifierKey), [CHECKPOINT_FILE]: note }
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name)
    const found = await readOptional(path)
    if (found === undefined || !equalBytes(found, bytes)) await replaceFile(path, bytes)
  }
  await syncFolders([], folder)
}

function detailOf(signing: Signing, size: number): string {
  if (signing.did !== 'behind') return `The checkpoint of ${size} leaves is signed.`
  return `No checkpoint was signed: one of ${signing.signedSize} leaves was signed before, and this ledger has ${size} so far.`
}
