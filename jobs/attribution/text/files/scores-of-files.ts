import type { Scores } from '../arithmetic.ts'
import { Bm25 } from '../bm25.ts'
import { DEFAULT_WEIGHTS, mixed, type Weights } from '../mix.ts'
import { type ContributorOf, suffixVote } from '../suffix-vote.ts'
import { TOKENIZER } from '../tokenizer.ts'
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

/** What each document of a folder did for each output of a file, docs/text.md. @throws TextFileError, CorpusTooLargeError */
export async function scoresOfFiles(folder: string, file: string, options: ScoreOptions): Promise<FileScores> {
  const { score, weights = DEFAULT_WEIGHTS, byFolder } = options
  const corpus = await readCorpus(folder, options)
  const contributorOf = byFolder ? folderOf(corpus.names) : undefined
  const kept = corpus.tokens.flatMap((tokens, document) => (tokens === undefined ? [] : [{ document, tokens }]))
  const bm25 = score === 'suffix-vote' ? undefined : new Bm25(kept, contributorOf)
  const scores: OutputScores[] = []
  for (const text of readOutputs(file)) {
    options.onProgress(`scoring output ${scores.length}`)
    options.signal?.throwIfAborted()
    const output = corpus.dictionary.lookUp(outputTokens(text, file, scores.length + 1))
    const vote: Scores = score === 'bm25' ? new Map() : suffixVote(corpus.shards, output, contributorOf)
    const words: Scores = bm25?.score(output) ?? new Map()
    const found = score === 'mix' ? mixed(vote, words, weights) : score === 'bm25' ? words : vote
    scores.push({ output: scores.length, documents: ranked(found, corpus.names) })
  }
  const { duplicates } = corpus
  return {
    tokenizer: TOKENIZER,
    score,
    weights: score === 'mix' ? weights : null,
    documents: kept.length,
    duplicates,
    scores,
  }
}

/** Numbers of the folders; a document that lies in none is its own contributor's. */
function folderOf(names: readonly string[]): ContributorOf {
  const numbers = new Map<string, number>()
  const contributors = names.map((name) => {
    const slash = name.lastIndexOf('/')
    const contributor = slash < 0 ? name : name.slice(0, slash + 1)
    if (!numbers.has(contributor)) numbers.set(contributor, numbers.size)
    return numbers.get(contributor)!
  })
  return (document) => contributors[document]!
}

function ranked(scores: Scores, names: readonly string[]): OutputScores['documents'] {
  // Numbers of documents are in order of their names.
  return [...scores]
    .sort(([a, left], [b, right]) => right - left || a - b)
    .map(([document, score]) => ({ name: names[document]!, score }))
}
