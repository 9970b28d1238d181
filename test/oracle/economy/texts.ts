/**
 * docs/text.md#in-a-ledger once more, by lists of words alone: everything is counted by looking at every place, and every division is one
 * of BigInts. It shares no code with what it is held against.
 */

/** A contribution whose text was accepted, in the order of priority. */
export interface NaiveText {
  readonly account: string
  readonly words: readonly string[]
  /** 128 entries of text/shingles@1. */
  readonly signature: readonly number[]
  readonly isWithdrawn: boolean
}

/** What counts: nothing that equals or is near an earlier text that represents. */
export function naiveCorpus(texts: readonly NaiveText[]): NaiveText[] {
  const representatives: NaiveText[] = []
  for (const text of texts) {
    const isCopy = representatives.some(
      (earlier) =>
        earlier.words.join(' ') === text.words.join(' ') ||
        earlier.signature.filter((entry, at) => entry === text.signature[at]).length >= 103,
    )
    if (!isCopy) representatives.push(text)
  }
  return representatives.filter(({ isWithdrawn }) => !isWithdrawn)
}

/** Millionths of an output for each account, ascending. */
export function naiveWeights(
  corpus: readonly NaiveText[],
  output: readonly string[],
): [account: string, weight: number][] {
  const [votes, words] = [naiveVotes(corpus, output), naiveBm25(corpus, output)]
  const [vote, word] = [inMillionths(votes), inMillionths(words)]
  const product = inMillionths(
    corpus.map(
      ({ account }, document) => vote[document]! * sumOf(word.filter((_, at) => corpus[at]!.account === account)),
    ),
  )
  const ofAccounts = new Map<string, bigint>()
  for (const [document, { account }] of corpus.entries())
    ofAccounts.set(account, (ofAccounts.get(account) ?? 0n) + (vote[document]! * 50n + product[document]! * 50n) / 100n)
  return [...ofAccounts]
    .filter(([, weight]) => weight > 0n)
    .map(([account, weight]): [string, number] => [account, Number(weight)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function naiveVotes(corpus: readonly NaiveText[], output: readonly string[]): bigint[] {
  const scores = corpus.map(() => 0n)
  const total = corpus.reduce((sum, { words }) => sum + words.length, 0)
  for (let last = 0; last < output.length; last++) {
    const single = countIn(corpus, output.slice(last, last + 1))
    if (single === 0) continue
    const surprisal = log2(total) - log2(single)
    let [chain, sum] = [1n << 24n, 0n]
    const parts: { run: readonly string[]; count: number; part: bigint }[] = []
    for (let length = Math.min(5, last + 1); length >= 2; length--) {
      const run = output.slice(last - length + 1, last + 1)
      const [count, before] = [countIn(corpus, run), BigInt(countIn(corpus, run.slice(0, -1))) + 1024n]
      const part = (chain * BigInt(count)) / before
      sum += part
      chain = (chain * 1024n) / before
      parts.push({ run, count, part })
    }
    sum += (chain * BigInt(single)) / BigInt(total)
    if (sum === 0n) continue
    for (const { run, count, part } of parts)
      if (count > 0 && count <= 10) credit(corpus, run, (surprisal * part) / sum, scores)
  }
  return scores
}

function credit(corpus: readonly NaiveText[], run: readonly string[], amount: bigint, scores: bigint[]): void {
  const counts = corpus.map(({ words }) => places(words, run))
  const accounts = new Set(corpus.filter((_, document) => counts[document]! > 0).map(({ account }) => account))
  const share = amount / BigInt(accounts.size)
  for (const [document, { account }] of corpus.entries()) {
    const all = corpus.reduce((sum, other, at) => sum + (other.account === account ? counts[at]! : 0), 0)
    if (all > 0) scores[document]! += (share * BigInt(counts[document]!)) / BigInt(all)
  }
}

function naiveBm25(corpus: readonly NaiveText[], output: readonly string[]): bigint[] {
  const accounts = [...new Set(corpus.map(({ account }) => account))]
  const texts = accounts.map((account) =>
    corpus.filter((each) => each.account === account).flatMap(({ words }) => words),
  )
  const own = bm25Of(
    corpus.map(({ words }) => words),
    output,
  )
  const ofAccounts = bm25Of(texts, output)
  return corpus.map(({ account }, document) => {
    const all = own.reduce((sum, score, at) => sum + (corpus[at]!.account === account ? score : 0n), 0n)
    return all === 0n ? 0n : (ofAccounts[accounts.indexOf(account)]! * own[document]!) / all
  })
}

function bm25Of(texts: readonly (readonly string[])[], output: readonly string[]): bigint[] {
  const total = texts.reduce((sum, words) => sum + words.length, 0)
  return texts.map((words) => {
    let score = 0n
    for (const word of output) {
      const frequency = BigInt(places(words, [word]))
      if (frequency === 0n) continue
      const having = texts.filter((other) => other.includes(word)).length
      const information = log2(2 * texts.length + 2) - log2(2 * having + 1)
      const norm = 300n + (900n * BigInt(words.length) * BigInt(texts.length)) / BigInt(total)
      score += (information * frequency * 2_200n) / (frequency * 1_000n + norm)
    }
    return score
  })
}

function countIn(corpus: readonly NaiveText[], run: readonly string[]): number {
  return corpus.reduce((sum, { words }) => sum + places(words, run), 0)
}

function places(words: readonly string[], run: readonly string[]): number {
  let found = 0
  for (let at = 0; at + run.length <= words.length; at++) if (run.every((word, n) => words[at + n] === word)) found++
  return found
}

const logarithms = new Map<number, bigint>()

/** The greatest q with 2^q ≤ x^65,536. */
function log2(x: number): bigint {
  const known = logarithms.get(x)
  if (known !== undefined) return known
  const power = BigInt(x) ** 65_536n
  const near = BigInt(Math.round(Math.log2(x) * 65_536))
  const result = power >> near === 0n ? near - 1n : near
  logarithms.set(x, result)
  return result
}

function inMillionths(scores: readonly bigint[]): bigint[] {
  const sum = sumOf(scores)
  return scores.map((score) => (sum === 0n ? 0n : (score * 1_000_000n) / sum))
}

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n)
}
