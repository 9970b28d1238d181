import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bytesToHex, equalBytes } from '../../../anchor/bytes.ts'
import { type Checkpoint, encodeCheckpoint, openCheckpoint, signCheckpoint } from '../../../anchor/log/checkpoint.ts'
import { generateSigningKey, type NoteSigner, signerOf, type VerifierKey } from '../../../anchor/log/note/keys.ts'
import { emptyRootHash } from '../../../anchor/log/root-hash.ts'
import { type ReadTile, TiledTree } from '../../../anchor/log/tiles/tiled-tree.ts'
import { WarehouseLockedError } from '../../../pipelines/warehouse/errors.ts'
import { type FileLock, lockFile } from '../../../pipelines/warehouse/file-lock.ts'
import { TallyError } from '../../../schemas/errors.ts'
import { readOptional, replaceFile, syncFolders } from './durable-files.ts'
import { CheckpointInconsistentError, LogKeyBusyError, LogKeyError } from './errors.ts'

/** In the folder of a key: the key itself, and the last checkpoint that it signed. */
const KEY_FILE = 'key'
const SIGNED_FILE = 'signed'

/** What a checkpoint is of; no extension lines unless given. */
export type Tree = Pick<Checkpoint, 'size' | 'root'> & Partial<Pick<Checkpoint, 'extensions'>>

export type Signing =
  | { readonly did: 'signed' | 'unchanged'; readonly note: Uint8Array }
  /** More was signed before than the checkpoint has: nothing is signed until the ledger is that far again. */
  | { readonly did: 'behind'; readonly note: Uint8Array; readonly signedSize: number }

/**
 * The key of a log together with its memory. The two lie in one folder and are made in one step, so that there is no key
 * which does not know what it signed; whoever moves the key moves both. It signs only what extends the last checkpoint that
 * it signed: the proof for that is made here, and whoever calls cannot leave it out.
 */
export class LogSigner {
  readonly #folder: string
  readonly #signer: NoteSigner
  readonly #lock: FileLock
  #lastNote: Uint8Array
  #last: Checkpoint

  private constructor(
    folder: string,
    signer: NoteSigner,
    lock: FileLock,
    memory: { note: Uint8Array; last: Checkpoint },
  ) {
    this.#folder = folder
    this.#signer = signer
    this.#lock = lock
    this.#lastNote = memory.note
    this.#last = memory.last
  }

  /**
   * Opens the key of the log `origin`, or makes one. Nobody else signs with it until {@link LogSigner.release}.
   *
   * @throws {@link LogKeyError}, {@link LogKeyBusyError}
   */
  static async open(options: { folder: string; origin: string; verb: string }): Promise<LogSigner> {
    const { folder, origin } = options
    if (!existsSync(folder)) await makeKey(folder, origin)
    const lock = lockKey(folder, options.verb)
    try {
      const signer = await readSigner(folder, origin)
      return new LogSigner(folder, signer, lock, await readMemory(folder, signer.key))
    } catch (error) {
      lock.release()
      throw error
    }
  }

  get key(): VerifierKey {
    return this.#signer.key
  }

  /** What was signed last; at first the tree without leaves. */
  get last(): Checkpoint {
    return this.#last
  }

  /**
   * Takes a checkpoint that this key signed and that its memory lacks, since the folder was restored from a backup.
   *
   * @throws as {@link openCheckpoint}; {@link CheckpointInconsistentError} when the key has signed two histories already
   */
  async remember(note: Uint8Array, read: ReadTile): Promise<void> {
    const { checkpoint } = await openCheckpoint(note, { key: this.key })
    const [older, newer] = checkpoint.size > this.#last.size ? [this.#last, checkpoint] : [checkpoint, this.#last]
    // Without the tiles it cannot be known; the larger one is remembered all the same, and everything is held to it.
    if ((await ifThere(() => isExtendedBy(older, newer, read))) === false) throw inconsistent(this.#last, checkpoint)
    if (newer === checkpoint) await this.#store(note, checkpoint)
  }

  /**
   * Signs a checkpoint whose tiles are in place.
   *
   * 1. It is held to the last one. Killed here: nothing happened.
   * 2. The new one takes its place in the key's memory, durably. Killed here: it is remembered and nobody has it; the next
   *    call for the same tree gives it out.
   * 3. It is given out.
   *
   * @param read tiles of the tree
   * @throws {@link CheckpointInconsistentError}; {@link TileMissingError}, {@link TileFormatError}, {@link RootMismatchError}
   *         when the tiles are not those of the checkpoint
   */
  async sign(tree: Tree, read: ReadTile): Promise<Signing> {
    const last = this.#last
    const checkpoint: Checkpoint = { extensions: [], ...tree, origin: this.key.name }
    if (checkpoint.size < last.size) {
      const known = await ifThere(() => isExtendedBy(checkpoint, last, read))
      if (known === false) throw inconsistent(last, checkpoint)
      return { did: 'behind', note: this.#lastNote, signedSize: last.size }
    }
    if (!(await isExtendedBy(last, checkpoint, read))) throw inconsistent(last, checkpoint)
    if (checkpoint.size === last.size && encodeCheckpoint(checkpoint) === encodeCheckpoint(last))
      return { did: 'unchanged', note: this.#lastNote }
    // Whoever gets the checkpoint finds a tree behind it.
    await new TiledTree(checkpoint, read).proveConsistency(checkpoint.size)
    const note = signCheckpoint(checkpoint, this.#signer)
    await this.#store(note, checkpoint)
    return { did: 'signed', note }
  }

  release(): void {
    this.#lock.release()
  }

  async #store(note: Uint8Array, checkpoint: Checkpoint): Promise<void> {
    const path = join(this.#folder, SIGNED_FILE)
    // Compare and set: the lock keeps others away, and this finds out when it did not.
    const found = await readOptional(path)
    if (found === undefined || !equalBytes(found, this.#lastNote))
      throw new LogKeyError({ path: this.#folder, problem: 'its memory changed while this process held it' })
    await replaceFile(path, note)
    await syncFolders([], this.#folder)
    this.#lastNote = note
    this.#last = checkpoint
  }
}

/** Whether the tree of `newer`, which lies in tiles, begins with that of `older`. */
export async function isExtendedBy(
  older: Pick<Checkpoint, 'size' | 'root'>,
  newer: Pick<Checkpoint, 'size' | 'root'>,
  read: ReadTile,
): Promise<boolean> {
  if (older.size === newer.size) return equalBytes(older.root, newer.root)
  const { oldRoot } = await new TiledTree(newer, read).proveConsistency(older.size)
  return equalBytes(oldRoot, older.root)
}

/** The answer; undefined when the tiles for it are not there any more. */
async function ifThere<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TallyError && error.code === 'TILE_MISSING') return undefined
    throw error
  }
}

function inconsistent(signed: Checkpoint, { size, root }: Pick<Checkpoint, 'size' | 'root'>) {
  const { origin, size: signedSize, root: signedRoot } = signed
  return new CheckpointInconsistentError({
    origin,
    signedSize,
    signedRoot: bytesToHex(signedRoot),
    size,
    root: bytesToHex(root),
  })
}

/**
 * Makes the key with a memory of the tree without leaves, which every tree extends, beside its place, and renames it there.
 * Killed before: a folder with a leading dot is left. Of two processes that do this at once the first one wins.
 */
async function makeKey(folder: string, origin: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  const draft = await mkdtemp(join(dirname(folder), '.log-key-'))
  const secret = generateSigningKey(origin)
  const empty = { origin, size: 0, root: emptyRootHash(), extensions: [] }
  await replaceFile(join(draft, KEY_FILE), Buffer.from(`${secret}\n`), 0o600)
  await replaceFile(join(draft, SIGNED_FILE), signCheckpoint(empty, signerOf(secret)))
  await syncFolders([], draft)
  try {
    await rename(draft, folder)
    await syncFolders([], dirname(folder))
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}

function lockKey(folder: string, verb: string): FileLock {
  try {
    return lockFile(join(folder, KEY_FILE), verb)
  } catch (error) {
    if (error instanceof WarehouseLockedError) throw new LogKeyBusyError({ path: folder }, error)
    throw error
  }
}

async function readSigner(folder: string, origin: string): Promise<NoteSigner> {
  const bytes = await readOptional(join(folder, KEY_FILE))
  if (bytes === undefined) throw new LogKeyError({ path: folder, problem: `the file ${KEY_FILE} is missing` })
  const signer = signerIn(folder, Buffer.from(bytes).toString().trim())
  if (signer.key.name === origin) return signer
  throw new LogKeyError({ path: folder, problem: `it is the key of ${signer.key.name}, and this log is ${origin}` })
}

function signerIn(folder: string, text: string): NoteSigner {
  try {
    return signerOf(text)
  } catch (cause) {
    throw new LogKeyError({ path: folder, problem: `the file ${KEY_FILE} holds no signing key` }, cause)
  }
}

async function readMemory(folder: string, key: VerifierKey): Promise<{ note: Uint8Array; last: Checkpoint }> {
  const note = await readOptional(join(folder, SIGNED_FILE))
  if (note === undefined) throw new LogKeyError({ path: folder, problem: `the file ${SIGNED_FILE} is missing` })
  try {
    return { note, last: (await openCheckpoint(note, { key })).checkpoint }
  } catch (cause) {
    throw new LogKeyError({ path: folder, problem: `the file ${SIGNED_FILE} is not what it signed` }, cause)
  }
}
