import { TOKENIZER } from '../../../../schemas/text/tokenizer.ts'
import type { Scores } from '../arithmetic.ts'
import { Bm25 } from '../bm25.ts'
import { DEFAULT_WEIGHTS, mixed, type Weights } from '../mix.ts'
import { VoteThreads } from '../vote-threads.ts'
import { type FileCorpus, type FileCorpusOptions, readCorpus } from './file-corpus.ts'
import { outputTokens } from './output-tokens.ts'
import { readOutputs } from './text-files.ts'

export const SCORES = ['mix', 'suffix-vote', 'bm25'] as const

export interface ScoreOptions extends FileCorpusOptions {
  readonly score: (typeof SCORES)[number]
  /** Of the mix. */
  readonly weights?: Weights
  /** The folder that a document lies in contributed it: of what a place gives, each contributor gets as much. */
  readonly byFolder: boolean
  /** On which outputs are scored; the scores do not depend on it. */
  readonly threads: number
}

export interface OutputScores {
  /** Number of the output, from 0. */
  readonly output: number
  /** Those with a score, the highest first, of equal ones by name. */
  readonly documents: readonly { readonly name: string; readonly score: number }[]
}

export interface FileScores {
  readonly tokenizer: typeof TOKENIZER
  readonly score: (typeof SCORES)[number]
  readonly weights: Weights | null
  /** Documents that count. */
  readonly documents: number
  /** Those that do not: near an earlier one, by whole millionths. */
  readonly duplicates: FileCorpus['duplicates']
  readonly scores: readonly OutputScores[]
}

/** Outputs on their way for each thread, so that it never waits for one. */
const AHEAD = 4

/** What each document of a folder did for each output of a file, docs/text.md. @throws TextFileError, CorpusTooLargeError */
export async function scoresOfFiles(folder: string, file: string, options: ScoreOptions): Promise<FileScores> {
  const { score, weights = DEFAULT_WEIGHTS, byFolder, threads } = options
  const corpus = await readCorpus(folder, options)
  const contributors = byFolder ? foldersOf(corpus.names) : undefined
  const kept = corpus.tokens.flatMap((tokens, document) => (tokens === undefined ? [] : [{ document, tokens }]))
  const contributorOf = contributors && ((document: number) => contributors[document]!)
  const bm25 = score === 'suffix-vote' ? undefined : new Bm25(kept, contributorOf)
  const votes = new VoteThreads(corpus.shards, contributors, threads)
  const scoreOne = async (output: Int32Array): Promise<Scores> => {
    if (score === 'bm25') return bm25!.score(output)
    const vote = votes.score(output)
    return bm25 === undefined ? vote : mixed(await vote, bm25.score(output), weights, contributorOf)
  }
  const scores: OutputScores[] = []
  const pending: Promise<Scores>[] = []
  const finish = async () => {
    const found = await pending.shift()!
    options.signal?.throwIfAborted()
    scores.push({ output: scores.length, documents: ranked(found, corpus.names) })
    options.onProgress(`scored ${scores.length} outputs`)
  }
  try {
    let line = 0
    for (const text of readOutputs(file)) {
      const one = scoreOne(corpus.dictionary.lookUp(outputTokens(text, file, ++line)))
      // When a thread fails all of them do, and only the first is waited for.
      one.catch(() => undefined)
      pending.push(one)
      if (pending.length > AHEAD * threads) await finish()
    }
    while (pending.length > 0) await finish()
  } finally {
    await votes.close()
  }
  return {
    tokenizer: TOKENIZER,
    score,
    weights: score === 'mix' ? weights : null,
    documents: kept.length,
    duplicates: corpus.duplicates,
    scores,
  }
}

/** Numbers of the folders; a document that lies in none is its own contributor's. */
function foldersOf(names: readonly string[]): Int32Array {
  const numbers = new Map<string, number>()
  return Int32Array.from(names, (name) => {
    const slash = name.lastIndexOf('/')
    const contributor = slash < 0 ? name : name.slice(0, slash + 1)
    if (!numbers.has(contributor)) numbers.set(contributor, numbers.size)
    return numbers.get(contributor)!
  })
}

function ranked(scores: Scores, names: readonly string[]): OutputScores['documents'] {
  // Numbers of documents are in order of their names.
  return [...scores]
    .sort(([a, left], [b, right]) => right - left || a - b)
    .map(([document, score]) => ({ name: names[document]!, score }))
}
