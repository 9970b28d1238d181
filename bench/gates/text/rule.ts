import { Bm25 } from '../../../jobs/attribution/text/bm25.ts'
import { Dictionary } from '../../../jobs/attribution/text/dictionary.ts'
import { keptDocuments } from '../../../jobs/attribution/text/kept-documents.ts'
import { DEFAULT_WEIGHTS, mixed } from '../../../jobs/attribution/text/mix.ts'
import { buildShard, Shard } from '../../../jobs/attribution/text/shard.ts'
import { suffixVote } from '../../../jobs/attribution/text/suffix-vote.ts'
import { tokenise } from '../../../schemas/text/tokenizer.ts'

/** What a contributor gave, in the order in which it counts: the earlier of two near texts is the original. */
export interface Contribution {
  readonly contributor: number
  readonly text: string
}

/** The rule that is tried: which part of each output's pool goes to each contributor. */
export interface TextRule {
  readonly name: string
  /** @returns by contributor its parts of all outputs together; an output that nobody has part in is nobody's */
  pay(contributions: readonly Contribution[], outputs: readonly string[], contributors: number): Promise<Float64Array>
}

/** The default of docs/text.md: near copies are left out, contributors told apart, half suffix-vote and half BM25. */
export const textMix: TextRule = {
  name: 'text/mix@1',
  async pay(contributions, outputs, contributors) {
    const { isKept } = keptDocuments(contributions.map(({ text }) => text))
    const kept = contributions.filter((_, at) => isKept[at])
    const dictionary = new Dictionary()
    const documents = kept.map(({ text }, document) => ({ document, tokens: dictionary.encode(tokenise(text)) }))
    const arrays = await buildShard(documents.map(({ tokens }) => tokens))
    const shards = [new Shard(arrays, Int32Array.from(documents.keys()))]
    const contributorOf = (document: number) => kept[document]!.contributor
    const bm25 = new Bm25(documents, contributorOf)
    const parts = new Float64Array(contributors)
    for (const text of outputs) {
      const output = dictionary.lookUp(tokenise(text))
      const scores = mixed(
        suffixVote(shards, output, contributorOf),
        bm25.score(output),
        DEFAULT_WEIGHTS,
        contributorOf,
      )
      const sum = [...scores.values()].reduce((a, b) => a + b, 0)
      for (const [document, score] of scores) parts[contributorOf(document)]! += score / sum
    }
    return parts
  },
}
