import { addScore, mulDiv, type Scores } from './arithmetic.ts'
import { CorpusTooLargeError } from './errors.ts'
import { GRAM_MAX, Grams } from './grams.ts'
import { ilog2Q16 } from './ilog2.ts'
import type { Shard } from './shard.ts'

/** What a context of few occurrences leaves to shorter ones: the concentration of the language model that this is modelled on. */
const CONCENTRATION = 1024
/** 1 in the arithmetic of the chain. */
const CHAIN = 1 << 24
/** What stands in more places says little of where it comes from. */
const PLACES_MAX = 10
/** Every product stays below 2^53. */
const CORPUS_TOKENS_MAX = 2 ** 29 - 1

/** Who contributed each document, as a number; undefined: nobody is told apart. */
export type ContributorOf = ((document: number) => number) | undefined

/**
 * The suffix-vote of docs/text.md: each token of the output is credited to the documents in which it stands behind the same 1 to 4
 * tokens, the longer contexts first, by its surprisal.
 *
 * @param output tokens as `Dictionary.lookUp` gives them
 * @throws CorpusTooLargeError at 2^29 tokens
 */
export function suffixVote(shards: readonly Shard[], output: Int32Array, contributorOf?: ContributorOf): Scores {
  const total = shards.reduce((sum, { liveTokens }) => sum + liveTokens, 0)
  if (total > CORPUS_TOKENS_MAX) throw new CorpusTooLargeError({ tokens: total, limit: CORPUS_TOKENS_MAX })
  const grams = new Grams(shards, output)
  const scores: Scores = new Map()
  for (let last = 0; last < output.length; last++) {
    const count = grams.count(last, 1)
    if (count === 0) continue
    for (const { length, credit } of creditsOf(grams, last, { count, total }))
      divide(credit, grams.documents(last, length), contributorOf, scores)
  }
  return scores
}

/** What the surprisal of a token gives to the documents of each gram that ends with it; the token alone takes its part and gives it to nobody. */
function creditsOf(grams: Grams, last: number, token: { count: number; total: number }) {
  const parts: { readonly length: number; readonly part: number }[] = []
  let chain = CHAIN
  let sum = 0
  for (let length = Math.min(GRAM_MAX, last + 1); length >= 2; length--) {
    const count = grams.count(last, length)
    const context = grams.count(last - 1, length - 1) + CONCENTRATION
    const part = mulDiv(chain, count, context)
    sum += part
    chain = mulDiv(chain, CONCENTRATION, context)
    if (count > 0 && count <= PLACES_MAX) parts.push({ length, part })
  }
  sum += mulDiv(chain, token.count, token.total)
  if (sum === 0) return []
  const surprisal = ilog2Q16(token.total) - ilog2Q16(token.count)
  return parts.map(({ length, part }) => ({ length, credit: mulDiv(surprisal, part, sum) }))
}

/** Among contributors alike, then among documents by how often they have it. */
function divide(credit: number, found: Map<number, number>, contributorOf: ContributorOf, scores: Scores): void {
  const totals = new Map<number, number>()
  for (const [document, count] of found) {
    const contributor = contributorOf?.(document) ?? 0
    totals.set(contributor, (totals.get(contributor) ?? 0) + count)
  }
  const share = Math.floor(credit / totals.size)
  for (const [document, count] of found)
    addScore(scores, document, mulDiv(share, count, totals.get(contributorOf?.(document) ?? 0)!))
}
