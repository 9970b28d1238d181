import { availableParallelism } from 'node:os'
import { BLOB, INTEGER } from '@duckdb/node-api'
import { fromBlob, toBlob } from '../../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../../pipelines/warehouse/read-sql.ts'
import type { Scores } from '../arithmetic.ts'
import { Bm25 } from '../bm25.ts'
import { DEFAULT_WEIGHTS, mixed } from '../mix.ts'
import { VoteThreads } from '../vote-threads.ts'
import { TextsErasedError } from './errors.ts'
import { type CorpusOptions, type LedgerCorpus, withCorpus, wordsOfBytes } from './ledger-corpus.ts'

const askedMapsSql = readSql(new URL('./asked-maps.sql', import.meta.url))
const askedOutputsSql = readSql(new URL('./asked-outputs.sql', import.meta.url))

/** Outputs that are read, and on their way to threads, at once: at most half a mebibyte each. */
const OUTPUTS_AT_ONCE = 64

export interface AccountWeight {
  /** Address. */
  readonly account: string
  /** Above 0; millionths of the use. */
  readonly weight: number
}

export interface WeighOptions extends CorpusOptions {
  /** Default: as many as there are processors. */
  readonly threads?: number
  readonly onProgress?: (text: string) => void
}

/**
 * What each account's texts did for outputs: millionths of a use, by `text/mix@1` (docs/text.md#in-a-ledger), against what counts at the
 * cut of an epoch. They sum to 1,000,000 at most; the rest is what no document explains.
 *
 * The same whatever the number of threads and shards, and whatever was asked before. Memory: the corpus, and what is returned.
 *
 * @param uses id hashes of inferences
 * @returns one list a use, in their order, ascending by account; empty where nothing stands in a document, or no text was accepted by then
 * @throws TextsErasedError when a text that counted then was erased since
 */
export async function weighTexts(
  warehouse: Database,
  epoch: number,
  uses: readonly Uint8Array[],
  options: WeighOptions = {},
): Promise<AccountWeight[][]> {
  const weights: AccountWeight[][] = uses.map(() => [])
  await warehouse.run('CREATE OR REPLACE TEMP TABLE asked_use (position INTEGER, inference BLOB)')
  await warehouse.append(
    'asked_use',
    [INTEGER, BLOB],
    uses.map((use, position) => [position, toBlob(use)]),
  )
  for (const { text_map, erased } of await warehouse.all(askedMapsSql, { epoch })) {
    const textMap = text_map as string
    if (erased !== null) throw new TextsErasedError({ textMap, epoch, from: erased as number })
    const weigh = (corpus: LedgerCorpus) => weighAgainst(warehouse, { textMap, epoch }, corpus, options, weights)
    await withCorpus(warehouse, { textMap, epoch }, weigh, options)
  }
  return weights
}

async function weighAgainst(
  warehouse: Database,
  { textMap, epoch }: { readonly textMap: string; readonly epoch: number },
  corpus: LedgerCorpus,
  { threads = defaultThreads(), onProgress }: WeighOptions,
  weights: AccountWeight[][],
): Promise<void> {
  const contributors = contributorsOf(corpus)
  const votes = new VoteThreads(corpus.shards, contributors, threads)
  const contributorOf = (document: number) => contributors[document]!
  const bm25 = new Bm25(bm25Documents(corpus), contributorOf)
  const weighOne = async (words: readonly string[]) => {
    const output = corpus.dictionary.lookUpWords(words)
    return byAccount(mixed(await votes.score(output), bm25.score(output), DEFAULT_WEIGHTS, contributorOf), corpus)
  }
  try {
    for (let from = 0; ; ) {
      const page = await warehouse.all(askedOutputsSql, { textMap, epoch, from, most: OUTPUTS_AT_ONCE })
      const weighed = await Promise.all(page.map(({ tokens }) => weighOne(wordsOfBytes(fromBlob(tokens as never)))))
      for (const [at, found] of weighed.entries()) weights[page[at]!.position as number] = found
      if (page.length < OUTPUTS_AT_ONCE) return
      from = (page.at(-1)!.position as number) + 1
      onProgress?.(`weighed ${from} of ${weights.length} texts`)
    }
  } finally {
    await votes.close()
  }
}

/** A thread runs compiled code: from source, everything is scored in the calling one. */
function defaultThreads(): number {
  return import.meta.url.endsWith('.ts') ? 1 : availableParallelism()
}

/** By number of a document, a number of its account. */
function contributorsOf({ documents, numbers }: LedgerCorpus): Int32Array {
  const accounts = new Map<string, number>()
  const contributors = new Int32Array(numbers)
  for (const [number, { account }] of documents) {
    const contributor = accounts.get(account) ?? accounts.size
    accounts.set(account, contributor)
    contributors[number] = contributor
  }
  return contributors
}

function bm25Documents({ shards }: LedgerCorpus) {
  return shards.flatMap((shard) =>
    [...shard.documents.keys()]
      .filter((place) => !shard.isWithdrawn(place))
      .map((place) => ({ document: shard.documents[place]!, tokens: shard.tokensOf(place) })),
  )
}

function byAccount(scores: Scores, { documents }: LedgerCorpus): AccountWeight[] {
  const sums = new Map<string, number>()
  for (const [document, score] of scores) {
    const { account } = documents.get(document)!
    sums.set(account, (sums.get(account) ?? 0) + score)
  }
  return [...sums].map(([account, weight]) => ({ account, weight })).sort((a, b) => (a.account < b.account ? -1 : 1))
}
