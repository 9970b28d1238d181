import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Xoshiro128 } from '../../extractors/random.ts'
import type { Scores } from '../../jobs/attribution/text/arithmetic.ts'
import { Bm25 } from '../../jobs/attribution/text/bm25.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { mixed } from '../../jobs/attribution/text/mix.ts'
import { buildShard, Shard } from '../../jobs/attribution/text/shard.ts'
import { readShard, type SealedShard, sealShard } from '../../jobs/attribution/text/store/sealed-shard.ts'
import { suffixVote } from '../../jobs/attribution/text/suffix-vote.ts'
import { VoteThreads } from '../../jobs/attribution/text/vote-threads.ts'
import { percentile } from '../statistics.ts'
import { jumping, type Source } from './corpus.ts'
import { type Latency, type openPeers, type PeerTimes, PLACES_MAX, writePeerFiles } from './peers.ts'

const DOCUMENT_TOKENS = 140
const OUTPUT_TOKENS = 450
/** In which the 95th percentile is the sixth slowest. */
const OUTPUTS = 100
/** Looked up before anything is timed. */
const WARM = 5
/** As file-corpus.ts has them. */
const SHARD_TOKENS = 1 << 26
const SHARD_FILES = ['tokens.i32', 'sa.i32', 'docstart.i32', 'documents.i32']

export interface TextSpeed {
  readonly tokens: number
  readonly documents: number
  readonly shards: number
  /** Sorting suffixes, in a thread. */
  readonly build_tokens_per_s: number
  readonly bytes_per_token: number
  /** Sealed files read whole and checked by their hashes. */
  readonly open_s: number
  readonly spans: Latency
  /** With the places of all spans that have at most a thousand. */
  readonly spansAndPlaces: Latency
  readonly suffixVote: Latency
  readonly bm25: Latency & { readonly outputs_per_s: number }
  readonly mix: Latency
  readonly batch: { readonly threads: number; readonly outputs_per_s: number }
  readonly peers?: {
    readonly infiniGram: Latency & {
      readonly build_s: number
      readonly spans: number
      /** Those that are not among ours with the same count: none, or somebody is wrong. */
      readonly others: number
      /** Its p95 over that of ours with places. */
      readonly times: number
    }
    readonly tantivy: PeerTimes['tantivy']
  }
}

export interface SpeedOptions {
  readonly tokens: number
  readonly source: Source
  readonly random: Xoshiro128
  readonly threads: number
  /** Default: 100. */
  readonly outputs?: number
  readonly peers: ReturnType<typeof openPeers>
  readonly onProgress: (text: string) => void
}

/** Everything of one size of corpus, from files that were just written and so are warm. */
export async function benchTextSpeed(options: SpeedOptions): Promise<TextSpeed> {
  const { tokens, source, random, onProgress, outputs: count = OUTPUTS } = options
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-bench-text-'))
  try {
    onProgress(`${tokens} tokens: making documents`)
    const documents = Array.from({ length: Math.ceil(tokens / DOCUMENT_TOKENS) }, (_, at) =>
      jumping(source, Math.min(DOCUMENT_TOKENS, tokens - at * DOCUMENT_TOKENS), random.fork(`document ${at}`)),
    )
    const outputs = Array.from({ length: count }, (_, at) =>
      jumping(source, OUTPUT_TOKENS, random.fork(`output ${at}`)),
    )
    onProgress(`${tokens} tokens: sorting`)
    const { sealed, build_s } = await buildFiles(folder, documents)
    const opened = performance.now()
    const shards = sealed.map((each) => openShard(folder, each))
    const open_s = (performance.now() - opened) / 1_000
    onProgress(`${tokens} tokens: looking up ${outputs.length} outputs`)
    const found = lookUp(shards, documents, outputs)
    return {
      tokens,
      documents: documents.length,
      shards: shards.length,
      build_tokens_per_s: tokens / build_s,
      bytes_per_token: sealed.reduce((sum, { name }) => sum + bytesIn(join(folder, name)), 0) / tokens,
      open_s,
      ...found,
      batch: await batch(shards, outputs, options.threads),
      ...('run' in options.peers ? { peers: askPeers(folder, documents, outputs, shards, found, options) } : {}),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function buildFiles(folder: string, documents: readonly Int32Array[]) {
  const perShard = Math.floor(SHARD_TOKENS / (DOCUMENT_TOKENS + 1))
  const sealed: SealedShard[] = []
  let build_ms = 0
  for (let from = 0; from < documents.length; from += perShard) {
    const own = documents.slice(from, from + perShard)
    const started = performance.now()
    const arrays = await buildShard(own)
    build_ms += performance.now() - started
    const numbers = Int32Array.from(own, (_, at) => from + at)
    sealed.push(sealShard(folder, `shard-${sealed.length}`, { arrays, documents: numbers }))
  }
  return { sealed, build_s: build_ms / 1_000 }
}

function openShard(folder: string, sealed: SealedShard): Shard {
  const { arrays, documents } = readShard(folder, sealed)
  return new Shard(arrays, documents)
}

function bytesIn(folder: string): number {
  return SHARD_FILES.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

function lookUp(shards: readonly Shard[], documents: readonly Int32Array[], outputs: readonly Int32Array[]) {
  const bm25 = new Bm25(documents.map((tokens, document) => ({ document, tokens })))
  const spansAndPlaces = (output: Int32Array) => {
    const search = new SpanSearch(shards, output)
    for (const span of search.spans()) if (span.count <= PLACES_MAX) search.places(span)
  }
  const words = timed(outputs, (output) => bm25.score(output))
  return {
    spans: percentiles(timed(outputs, (output) => new SpanSearch(shards, output).spans())),
    spansAndPlaces: percentiles(timed(outputs, spansAndPlaces)),
    suffixVote: percentiles(timed(outputs, (output) => suffixVote(shards, output))),
    bm25: { ...percentiles(words), outputs_per_s: (1_000 * words.length) / words.reduce((sum, each) => sum + each, 0) },
    mix: percentiles(timed(outputs, (output) => mixed(suffixVote(shards, output), bm25.score(output)))),
  }
}

/** Milliseconds of each output. */
function timed(outputs: readonly Int32Array[], ask: (output: Int32Array) => Scores | unknown): number[] {
  for (const output of outputs.slice(0, WARM)) ask(output)
  return outputs.map((output) => {
    const started = performance.now()
    ask(output)
    return performance.now() - started
  })
}

function percentiles(times: readonly number[]): Latency {
  const sorted = [...times].sort((a, b) => a - b)
  return { p50_ms: percentile(sorted, 50), p95_ms: percentile(sorted, 95) }
}

/** Suffix-votes on threads that share the corpus; the first outputs start them and are not counted. */
async function batch(shards: readonly Shard[], outputs: readonly Int32Array[], threads: number) {
  const votes = new VoteThreads(shards, undefined, threads)
  try {
    await Promise.all(outputs.map((output) => votes.score(output)))
    const started = performance.now()
    await Promise.all(outputs.map((output) => votes.score(output)))
    return { threads, outputs_per_s: (1_000 * outputs.length) / (performance.now() - started) }
  } finally {
    await votes.close()
  }
}

function askPeers(
  folder: string,
  documents: readonly Int32Array[],
  outputs: readonly Int32Array[],
  shards: readonly Shard[],
  { spansAndPlaces }: Pick<TextSpeed, 'spansAndPlaces'>,
  { peers, tokens, onProgress }: SpeedOptions,
): NonNullable<TextSpeed['peers']> {
  if (!('run' in peers)) throw new TypeError('There is no Python to ask.')
  onProgress(`${tokens} tokens: infini-gram and tantivy`)
  writePeerFiles(folder, documents, outputs)
  const { infiniGram, tantivy } = peers.run([folder], 1) as PeerTimes
  const ours = new Set(
    outputs.flatMap((output, number) =>
      new SpanSearch(shards, output).spans().map(({ start, end, count }) => [number, start, end, count].join()),
    ),
  )
  const { spans, ...times } = infiniGram
  const others = spans.filter((span) => !ours.has(span.join())).length
  return {
    infiniGram: { ...times, spans: spans.length, others, times: infiniGram.p95_ms / spansAndPlaces.p95_ms },
    tantivy,
  }
}
