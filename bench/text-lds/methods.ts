import type { Xoshiro128 } from '../../extractors/random.ts'
import { Bm25 } from '../../jobs/attribution/text/bm25.ts'
import { SpanSearch } from '../../jobs/attribution/text/maximal-spans.ts'
import { mixed } from '../../jobs/attribution/text/mix.ts'
import { suffixVote } from '../../jobs/attribution/text/suffix-vote.ts'
import type { Speeches } from './speeches.ts'

/** OLMoTrace (Liu et al. 2025): spans shown, as a share of an output's tokens, and places of each. */
const TRACE_SHARE = 0.05
const TRACE_PLACES = 10

/** What each document did for an output. */
export type Method = (output: Int32Array) => ReadonlyMap<number, number>

/** Everything but leave-one-out, by name. */
export function methodsOf({ documents, shard }: Speeches, random: Xoshiro128): Readonly<Record<string, Method>> {
  const shards = [shard]
  const bm25 = new Bm25(documents.map((tokens, document) => ({ document, tokens })))
  return {
    'OLMoTrace-like': (output) => trace({ documents, shard }, output, random),
    BM25: (output) => bm25.score(output),
    'suffix-vote': (output) => suffixVote(shards, output),
    'mix of both': (output) => mixed(suffixVote(shards, output), bm25.score(output)),
  }
}

/**
 * The maximal spans whose words are the least likely together, one for each 20 tokens, and of each up to ten places, drawn: a
 * document scores one for each place.
 */
function trace({ documents, shard }: Pick<Speeches, 'documents' | 'shard'>, output: Int32Array, random: Xoshiro128) {
  const total = documents.reduce((sum, { length }) => sum + length, 0)
  const surprisal = (token: number) => Math.log(total / Math.max(1, shard.cursor().step(token).count))
  const search = new SpanSearch([shard], output)
  const shown = search
    .spans()
    .map((span) => ({
      span,
      rarity: output.subarray(span.start, span.end).reduce((sum, token) => sum + surprisal(token), 0),
    }))
    .sort((a, b) => b.rarity - a.rarity)
    .slice(0, Math.ceil(TRACE_SHARE * output.length))
  const scores = new Map<number, number>()
  for (const { span } of shown) {
    const places = search.places(span).flatMap(({ document, positions }) => positions.map(() => document))
    for (const document of random.shuffle(places).slice(0, TRACE_PLACES))
      scores.set(document, (scores.get(document) ?? 0) + 1)
  }
  return scores
}
