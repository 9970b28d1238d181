import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../store/sealed-shard.ts'

const FILE = 'documents.txt'

/**
 * Which document of the ledger has which number in a text store: a line a number. Lines are written before the documents, so that a
 * killed process leaves lines that the store does not count, which are passed over.
 */
export class DocumentKeys {
  readonly #folder: string
  readonly #keys: string[]

  private constructor(folder: string, keys: string[]) {
    this.#folder = folder
    this.#keys = keys
  }

  /** @returns undefined when the file has fewer lines than the store has documents */
  static read(folder: string, documents: number): DocumentKeys | undefined {
    const path = join(folder, FILE)
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
    return lines.length < documents ? undefined : new DocumentKeys(folder, lines.slice(0, documents))
  }

  of(number: number): string {
    return this.#keys[number]!
  }

  /** Replaced as a whole: a line is 150 bytes, and documents come an epoch at a time. */
  append(keys: readonly string[]): void {
    this.#keys.push(...keys)
    replaceFile(join(this.#folder, FILE), this.#keys.map((key) => `${key}\n`).join(''))
  }
}
