import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { TallyError } from '../schemas/errors.ts'
import { toHex } from '../schemas/ids.ts'
import { syncPathNow } from './warehouse/sync-path.ts'

const SALT_BYTES = 16

export interface StoredPayload {
  readonly salt: Uint8Array
  readonly payload: Uint8Array
}

/**
 * Where payloads and their salts are kept, outside the log and every hashed file, so that they can be erased while all
 * proofs stay valid. An implementation promises:
 * - `get` returns exactly what was put under that hash, or undefined when there is nothing (any more);
 * - when `put` has resolved, `get` finds it; after a crash of the machine it is there whole or not at all, and whoever put it
 *   puts it again: the same payload twice changes nothing.
 */
export interface PayloadStore {
  /** @returns SHA-256(salt ‖ payload): the content hash that the event carries. */
  put(payload: StoredPayload): Promise<Uint8Array>
  get(contentHash: Uint8Array): Promise<StoredPayload | undefined>
  /** Whether anything is stored under the hash: whole, damaged, or begun by a writer that was killed. */
  has(contentHash: Uint8Array): Promise<boolean>
  /**
   * When it has resolved, nothing is left under the hash, after a crash of the machine either.
   *
   * @returns whether something was there
   */
  erase(contentHash: Uint8Array): Promise<boolean>
}

export class PayloadCorruptError extends TallyError {
  override readonly code = 'PAYLOAD_CORRUPT'
  constructor(facts: { contentHash: string }) {
    super(`The payload stored under ${facts.contentHash} has another hash.`, {
      facts,
      hint: 'Restore the file from a backup.',
    })
  }
}

/** A folder with one file a payload, named by its content hash: salt ‖ payload. */
export class FolderPayloadStore implements PayloadStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async put({ salt, payload }: StoredPayload): Promise<Uint8Array> {
    // The file has no mark between the two: another length would come back split elsewhere.
    if (salt.length !== SALT_BYTES) throw new RangeError(`A salt has ${SALT_BYTES} bytes, not ${salt.length}.`)
    const contentHash = createHash('sha256').update(salt).update(payload).digest()
    const path = this.#pathOf(contentHash)
    if (existsSync(path)) return contentHash
    mkdirSync(dirname(path), { recursive: true })
    // Written beside its place and renamed, so that a reader never sees half of it.
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, Buffer.concat([salt, payload]))
    renameSync(draft, path)
    return contentHash
  }

  async get(contentHash: Uint8Array): Promise<StoredPayload | undefined> {
    const path = this.#pathOf(contentHash)
    if (!existsSync(path)) return undefined
    const bytes = readFileSync(path)
    if (!createHash('sha256').update(bytes).digest().equals(contentHash))
      throw new PayloadCorruptError({ contentHash: toHex(contentHash) })
    return { salt: bytes.subarray(0, SALT_BYTES), payload: bytes.subarray(SALT_BYTES) }
  }

  async has(contentHash: Uint8Array): Promise<boolean> {
    return this.#allOf(contentHash).length > 0
  }

  async erase(contentHash: Uint8Array): Promise<boolean> {
    const paths = this.#allOf(contentHash)
    for (const path of paths) rmSync(path, { force: true })
    const folder = dirname(this.#pathOf(contentHash))
    if (existsSync(folder)) syncPathNow(folder)
    return paths.length > 0
  }

  /** A writer that was killed may have left a draft beside the file. */
  #allOf(contentHash: Uint8Array): string[] {
    const path = this.#pathOf(contentHash)
    const [folder, name] = [dirname(path), basename(path)]
    if (!existsSync(folder)) return []
    const names = readdirSync(folder).filter((each) => each === name || each.startsWith(`${name}.`))
    return names.map((each) => join(folder, each))
  }

  #pathOf(contentHash: Uint8Array): string {
    const name = toHex(contentHash).slice(2)
    return join(this.#folder, name.slice(0, 2), name)
  }
}
