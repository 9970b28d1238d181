import { rmSync } from 'node:fs'
import { BLOB, INTEGER } from '@duckdb/node-api'
import { fromBlob, toBlob } from '../../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../../pipelines/warehouse/read-sql.ts'
import { TEXT_TOKEN_BYTES } from '../../../../schemas/limits.ts'
import type { Dictionary } from '../dictionary.ts'
import type { Shard } from '../shard.ts'
import { SealedShardError } from '../store/errors.ts'
import { TextStore } from '../store/text-store.ts'
import { corpusFolder } from './corpora-folder.ts'
import { DocumentKeys } from './document-keys.ts'
import { documentsOf, type LedgerDocument } from './documents.ts'

const missingTextsSql = readSql(new URL('./missing-texts.sql', import.meta.url))

/** Tokens that are read from the warehouse at once, and sealed in a shard of their own. */
const TOKENS_AT_ONCE = 1 << 22

/** The texts of a ledger under one map at a cut, to search and to score against. */
export interface LedgerCorpus {
  readonly dictionary: Dictionary
  readonly shards: readonly Shard[]
  /** By number of a document: it, when it counts. */
  readonly documents: ReadonlyMap<number, LedgerDocument>
  /** One more than the greatest number of a document. */
  readonly numbers: number
}

export interface CorpusOptions {
  /** Of a shard that is made; what is found does not depend on it. */
  readonly shardTokens?: number
}

/** The words of token bytes, as the dictionary of a ledger's corpus has them: hex, 16 characters each. */
export function wordsOfBytes(tokens: Uint8Array): string[] {
  const hex = Buffer.from(tokens.buffer, tokens.byteOffset, tokens.byteLength).toString('hex')
  const characters = 2 * TEXT_TOKEN_BYTES
  return Array.from({ length: hex.length / characters }, (_, at) => hex.slice(at * characters, (at + 1) * characters))
}

/** Folders that somebody in this process works with. */
const busy = new Set<string>()

/**
 * Brings a cache of a map's texts to the cut of an epoch, and lets `work` use it. It lies beside the warehouse and says nothing that the
 * warehouse does not: one that is missing, damaged or of another ledger is made anew. Whoever comes while it is in use has another one:
 * nobody waits, so that no transaction waits for somebody who waits for it.
 *
 * @throws CorpusTooLargeError, SuffixThreadError
 */
export async function withCorpus<Result>(
  warehouse: Database,
  { textMap, epoch }: { readonly textMap: string; readonly epoch: number },
  work: (corpus: LedgerCorpus) => Promise<Result>,
  options: CorpusOptions = {},
): Promise<Result> {
  const first = corpusFolder(warehouse, textMap)
  let folder = first
  for (let other = 1; busy.has(folder); other++) folder = `${first}-${other}`
  busy.add(folder)
  try {
    const { documents } = await documentsOf(warehouse, textMap, epoch)
    return await work(await corpusIn(warehouse, folder, textMap, documents, options))
  } finally {
    busy.delete(folder)
  }
}

async function corpusIn(
  warehouse: Database,
  folder: string,
  textMap: string,
  documents: readonly LedgerDocument[],
  options: CorpusOptions,
): Promise<LedgerCorpus> {
  try {
    return await synced(warehouse, folder, textMap, documents, options)
  } catch (error) {
    if (!(error instanceof SealedShardError)) throw error
    rmSync(folder, { recursive: true, force: true })
    return synced(warehouse, folder, textMap, documents, options)
  }
}

/** Withdraws from the store what does not count, adds what is missing, and compacts. */
async function synced(
  warehouse: Database,
  folder: string,
  textMap: string,
  documents: readonly LedgerDocument[],
  { shardTokens = TOKENS_AT_ONCE }: CorpusOptions,
): Promise<LedgerCorpus> {
  const store = await TextStore.open(folder)
  const keys = DocumentKeys.read(folder, store.documents)
  if (keys === undefined) throw new SealedShardError('it does not name every document', { file: folder })
  const missing = new Map(documents.map((document) => [document.key, document]))
  const known = new Map<number, LedgerDocument>()
  const gone: number[] = []
  for (const number of liveNumbers(store.shards)) {
    const document = missing.get(keys.of(number))
    missing.delete(keys.of(number))
    if (document === undefined) gone.push(number)
    else known.set(number, document)
  }
  if (gone.length > 0) await store.withdraw(gone)
  for await (const page of readTokens(warehouse, textMap, [...missing.values()], shardTokens)) {
    keys.append(page.map(({ document }) => document.key))
    const numbers = await store.appendWords(page.map(({ words }) => words))
    for (const [at, number] of numbers.entries()) known.set(number, page[at]!.document)
  }
  await store.compact()
  return { dictionary: store.dictionary, shards: store.shards, documents: known, numbers: store.documents }
}

function liveNumbers(shards: readonly Shard[]): number[] {
  return shards.flatMap((shard) => [...shard.documents].filter((_, place) => !shard.isWithdrawn(place)))
}

interface ReadDocument {
  readonly document: LedgerDocument
  readonly words: string[]
}

/** Pages of documents with their words, of so many tokens and at most one document more. */
async function* readTokens(
  warehouse: Database,
  textMap: string,
  documents: readonly LedgerDocument[],
  tokensAtOnce: number,
): AsyncGenerator<ReadDocument[]> {
  for (let from = 0; from < documents.length; ) {
    const page: LedgerDocument[] = []
    for (let size = 0; size < tokensAtOnce && from < documents.length; from++) {
      page.push(documents[from]!)
      size += documents[from]!.tokens
    }
    await warehouse.run('CREATE OR REPLACE TEMP TABLE missing_text (position INTEGER, batch BLOB, item_index INTEGER)')
    const rows = page.map(({ batch, index }, position) => [position, toBlob(batch), index])
    await warehouse.append('missing_text', [INTEGER, BLOB, INTEGER], rows)
    const found = await warehouse.all(missingTextsSql, { textMap })
    yield found.map((row) => ({
      document: page[row.position as number]!,
      words: wordsOfBytes(fromBlob(row.tokens)),
    }))
  }
}
