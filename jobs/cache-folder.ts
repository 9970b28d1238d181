import { randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Database } from '../pipelines/warehouse/database.ts'

/** What stands before the dash of a file's name. */
export type Kind = 'items' | 'factor' | 'payouts'

/**
 * Of each kind so many files are kept, the newest: items of a cut are about 150 bytes a contribution at r = 100, n = 10,
 * a payout tree is 140 bytes a leaf.
 */
const FILES_MAX = 4

/**
 * What explanations and receipts keep between two questions, in files beside the warehouse. Each file is named by a hash of all that it was
 * made from and says itself whether it is whole, so that one that is missing, stale or damaged is made again and never changes an
 * answer; the folder may be deleted at any time. A disk that takes no file costs time only.
 */
export class CacheFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  static beside(warehouse: Database): CacheFolder {
    return new CacheFolder(join(dirname(warehouse.path), 'cache'))
  }

  /** @returns undefined when there is none */
  async open(kind: Kind, name: string): Promise<FileHandle | undefined> {
    try {
      return await open(this.#pathOf(kind, name), 'r')
    } catch (error) {
      if (isFileError(error)) return undefined
      throw error
    }
  }

  async has(kind: Kind, name: string): Promise<boolean> {
    const file = await this.open(kind, name)
    await file?.close()
    return file !== undefined
  }

  /** Written beside and renamed, so that a file is there as a whole or not at all. @returns false when the disk took none */
  async write(kind: Kind, name: string, fill: (file: FileHandle) => Promise<void>): Promise<boolean> {
    try {
      await mkdir(this.#folder, { recursive: true })
      await this.#writeWhole(this.#pathOf(kind, name), fill)
      await this.#removeOldest(kind)
      return true
    } catch (error) {
      if (isFileError(error)) return false
      throw error
    }
  }

  /** Paths of all files of a kind, half-written ones too. */
  async pathsOf(kind: Kind): Promise<string[]> {
    return (await this.#namesOf(kind)).map((name) => join(this.#folder, name))
  }

  /** Removes all files of a kind, half-written ones too. @returns how many there were */
  async removeAll(kind: Kind): Promise<number> {
    const paths = await this.pathsOf(kind)
    for (const path of paths) await rm(path, { force: true })
    return paths.length
  }

  async #writeWhole(path: string, fill: (file: FileHandle) => Promise<void>): Promise<void> {
    const part = `${path}.${randomUUID()}.part`
    const file = await open(part, 'wx')
    try {
      await fill(file)
      // Not for its content, which is checked when it is read, but so that a crash leaves no torn file to be made again.
      await file.sync()
      await file.close()
      await rename(part, path)
    } catch (error) {
      await file.close()
      await rm(part, { force: true })
      throw error
    }
  }

  /** Leftovers of a process that was killed go as well, when their turn comes. */
  async #removeOldest(kind: Kind): Promise<void> {
    const names = await this.#namesOf(kind)
    const files = await Promise.all(
      names.map(async (name) => ({ name, changed_ms: (await stat(join(this.#folder, name))).mtimeMs })),
    )
    files.sort((a, b) => b.changed_ms - a.changed_ms)
    for (const { name } of files.slice(FILES_MAX)) await rm(join(this.#folder, name), { force: true })
  }

  async #namesOf(kind: Kind): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return names.filter((name) => name.startsWith(`${kind}-`))
  }

  #pathOf(kind: Kind, name: string): string {
    return join(this.#folder, `${kind}-${name}`)
  }
}

/** What the file system says: no such file, no space, read only. */
export function isFileError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error
}
