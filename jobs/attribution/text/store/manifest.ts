import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TOKENIZER } from '../../../../schemas/text/tokenizer.ts'
import { SealedShardError } from './errors.ts'
import { replaceFile, type SealedShard } from './sealed-shard.ts'
import { NO_WORDS, type WordsOnDisk } from './word-file.ts'

const FILE = 'manifest.json'
const FORMAT = 2

/** What a text store holds; what it does not name is not there. */
export interface Manifest extends WordsOnDisk {
  readonly format: number
  /** What made the tokens: another one needs another store. */
  readonly tokenizer: typeof TOKENIZER
  /** Numbers of documents, and of shards, that were given so far. */
  readonly documents: number
  readonly sealed: number
  readonly shards: readonly SealedShard[]
  /** Documents that count no more, ascending, while a shard still holds them. */
  readonly withdrawn: readonly number[]
}

const EMPTY: Manifest = {
  format: FORMAT,
  tokenizer: TOKENIZER,
  ...NO_WORDS,
  documents: 0,
  sealed: 0,
  shards: [],
  withdrawn: [],
}

/** @throws SealedShardError when it was made by another tokenizer, or is none */
export function readManifest(folder: string): Manifest {
  const path = join(folder, FILE)
  if (!existsSync(path)) return EMPTY
  let manifest: Manifest
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new SealedShardError('it is no manifest', { file: path }, cause)
  }
  const { name, expression, unicode } = TOKENIZER
  const { tokenizer, format } = manifest
  if (
    format !== FORMAT ||
    tokenizer.name !== name ||
    tokenizer.expression !== expression ||
    tokenizer.unicode !== unicode
  )
    throw new SealedShardError(`its tokens are not those of ${name} with Unicode ${unicode}`, { file: path })
  return manifest
}

/** From here on the store is what the manifest says. */
export function writeManifest(folder: string, manifest: Manifest): void {
  replaceFile(join(folder, FILE), `${JSON.stringify(manifest)}\n`)
}
