import { createHash, type Hash } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SealedShardError } from './errors.ts'

const FILE = 'words.txt'

/** What a manifest says of the file. */
export interface WordsOnDisk {
  readonly words: number
  readonly wordBytes: number
  /** SHA-256 of these bytes, hex. */
  readonly wordsHash: string
}

/**
 * The words of a dictionary, one a line (none has a line end in it), only ever appended to. What lies behind the bytes that the
 * manifest counts was written before a kill, and is cut off.
 */
export class WordFile {
  readonly #path: string
  readonly #hash: Hash
  #bytes: number

  private constructor(path: string, hash: Hash, bytes: number) {
    this.#path = path
    this.#hash = hash
    this.#bytes = bytes
  }

  /** @throws SealedShardError when it is not what was written */
  static open(
    folder: string,
    { words, wordBytes, wordsHash }: WordsOnDisk,
  ): { readonly file: WordFile; readonly words: string[] } {
    const path = join(folder, FILE)
    const hash = createHash('sha256')
    if (!existsSync(path)) {
      if (words > 0) throw new SealedShardError('it is missing', { file: path })
      return { file: new WordFile(path, hash, 0), words: [] }
    }
    truncateSync(path, wordBytes)
    const bytes = readFileSync(path)
    hash.update(bytes)
    const lines = bytes.toString('utf8').split('\n').slice(0, -1)
    if (lines.length !== words || hash.copy().digest('hex') !== wordsHash)
      throw new SealedShardError('it does not hold the words that were written', { file: path })
    return { file: new WordFile(path, hash, wordBytes), words: lines }
  }

  /** @returns what the manifest has to say from then on */
  append(words: readonly string[]): Pick<WordsOnDisk, 'wordBytes' | 'wordsHash'> {
    const more = Buffer.from(words.map((word) => `${word}\n`).join(''))
    const file = openSync(this.#path, 'a')
    try {
      for (let at = 0; at < more.length; ) at += writeSync(file, more, at)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    this.#bytes += more.length
    this.#hash.update(more)
    return { wordBytes: this.#bytes, wordsHash: this.#hash.copy().digest('hex') }
  }
}

/** Of no words at all. */
export const NO_WORDS: WordsOnDisk = { words: 0, wordBytes: 0, wordsHash: createHash('sha256').digest('hex') }
