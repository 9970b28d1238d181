import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { tokenise } from '../../../../schemas/text/tokenizer.ts'
import { Dictionary } from '../dictionary.ts'
import { keptDocuments } from '../kept-documents.ts'
import { buildShard, Shard } from '../shard.ts'
import { documentNames, readDocument } from './text-files.ts'

/** Documents between two signs of progress. */
const BETWEEN = 100
/** Tokens of a shard: 18 bytes each while its suffixes are sorted. */
const SHARD_TOKENS = 1 << 26

export interface FileCorpusOptions {
  /** Leave out documents that are near an earlier one. */
  readonly dedup: boolean
  readonly onProgress: (text: string) => void
  /** Stop between two steps. */
  readonly signal?: AbortSignal
  /** Of a shard; what is found does not depend on it. */
  readonly shardTokens?: number
}

/** A folder of text, read and sorted. Documents go by their number in `names`. */
export interface FileCorpus {
  readonly names: readonly string[]
  readonly dictionary: Dictionary
  readonly shards: readonly Shard[]
  /** Of documents that count; undefined for the others. */
  readonly tokens: readonly (Int32Array | undefined)[]
  /** Whole millionths of how similar. */
  readonly duplicates: readonly { readonly name: string; readonly of: string; readonly similarity: number }[]
}

/** Reads one document a file. @throws TextFileError */
export async function readCorpus(folder: string, options: FileCorpusOptions): Promise<FileCorpus> {
  const { dedup, onProgress, signal } = options
  const names = documentNames(folder)
  const { isKept, duplicates } = dedup ? keptDocuments(texts(folder, names)) : { isKept: undefined, duplicates: [] }
  const dictionary = new Dictionary()
  const tokens: (Int32Array | undefined)[] = []
  for (const [number, name] of names.entries()) {
    tokens.push(isKept?.[number] === false ? undefined : dictionary.encode(tokenise(readDocument(folder, name))))
    if (number % BETWEEN > 0) continue
    onProgress(`read ${number} of ${names.length} documents`)
    signal?.throwIfAborted()
    await yieldToOthers()
  }
  const shards = await sortedShards(tokens, options)
  const named = duplicates.map(({ item, representative, similarity }) => ({
    name: names[item]!,
    of: names[representative]!,
    similarity,
  }))
  return { names, dictionary, shards, tokens, duplicates: named }
}

function* texts(folder: string, names: readonly string[]): Generator<string> {
  for (const name of names) yield readDocument(folder, name)
}

async function sortedShards(
  tokens: readonly (Int32Array | undefined)[],
  { onProgress, signal, shardTokens = SHARD_TOKENS }: FileCorpusOptions,
): Promise<Shard[]> {
  const shards: Shard[] = []
  let numbers: number[] = []
  let size = 0
  const seal = async () => {
    onProgress(`sorting shard ${shards.length + 1}, ${size} tokens`)
    signal?.throwIfAborted()
    shards.push(new Shard(await buildShard(numbers.map((number) => tokens[number]!)), Int32Array.from(numbers)))
    ;[numbers, size] = [[], 0]
  }
  for (const [number, document] of tokens.entries()) {
    if (document === undefined) continue
    if (numbers.length > 0 && size + document.length + 1 > shardTokens) await seal()
    numbers.push(number)
    size += document.length + 1
  }
  if (numbers.length > 0) await seal()
  return shards
}
