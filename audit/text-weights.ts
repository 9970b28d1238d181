import type { History } from './history.ts'
import { type CorpusDocument, corpusOf } from './text-corpus.ts'
import { RUN_MAX, RunTable } from './text-grams.ts'
import { binaryLogarithm } from './text-logarithm.ts'

const CHAIN = 1 << 24
const CONCENTRATION = 1024
const WHOLE = 1_000_000
/** Tokens of outputs that are looked up in one pass over the documents: what is kept of each run is bounded. */
const PASS_TOKENS = 1 << 20

/** What an account's texts did for a use: millionths, above 0. */
export interface TextWeight {
  readonly account: string
  readonly weight: number
}

/** Of each use the weights of accounts, ascending; none where it has no text, or nothing stands in a document. */
export interface WeighedUses {
  readonly weights: readonly (readonly TextWeight[])[]
  /** Text maps of which something that counts was erased: what is said of their uses cannot be held to anything. */
  readonly incomplete: ReadonlySet<string>
}

/**
 * `text/mix@1` (docs/text.md#in-a-ledger) out of the accepted records: runs of tokens are counted, one by one.
 *
 * @param uses entries of inferences in `ids` of the history, which ends with the epoch whose documents count
 */
export function weighTextUses(history: History, uses: readonly number[]): WeighedUses {
  const weights: (readonly TextWeight[])[] = uses.map(() => [])
  const incomplete = new Set<string>()
  const byMap = new Map<string, number[]>()
  for (const [at, use] of uses.entries()) {
    const textMap = history.texts.outputOf(use)?.textMap
    if (textMap !== undefined) byMap.set(textMap, [...(byMap.get(textMap) ?? []), at])
  }
  for (const [textMap, places] of byMap) {
    const { documents, isIncomplete } = corpusOf(history, textMap)
    if (isIncomplete) incomplete.add(textMap)
    const outputs = places.map((at) => history.texts.outputOf(uses[at]!)!.tokens)
    const weighed = weighOutputs(documents, outputs, history.texts.tokens)
    for (const [n, at] of places.entries()) weights[at] = weighed[n]!
  }
  return { weights, incomplete }
}

/** @param tokens one more than the greatest number of a token */
function weighOutputs(documents: readonly CorpusDocument[], outputs: readonly Int32Array[], tokens: number) {
  const weights: TextWeight[][] = []
  for (let from = 0; from < outputs.length; ) {
    let [to, size] = [from, 0]
    while (to < outputs.length && (to === from || size + outputs[to]!.length <= PASS_TOKENS))
      size += outputs[to++]!.length
    const page = outputs.slice(from, to)
    const scorer = new Scorer(documents, new RunTable(tokens, page, documents))
    for (const output of page) weights.push(scorer.weigh(output))
    from = to
  }
  return weights
}

type Scores = Map<number, number>

/** Scores of documents, by their places. */
class Scorer {
  readonly #documents: readonly CorpusDocument[]
  readonly #runs: RunTable
  readonly #total: number
  /** Tokens of each account. */
  readonly #lengths = new Map<string, number>()

  constructor(documents: readonly CorpusDocument[], runs: RunTable) {
    this.#documents = documents
    this.#runs = runs
    this.#total = documents.reduce((sum, { tokens }) => sum + tokens.length, 0)
    for (const { account, tokens } of documents)
      this.#lengths.set(account, (this.#lengths.get(account) ?? 0) + tokens.length)
  }

  weigh(output: Int32Array): TextWeight[] {
    const [votes, words] = [this.#votes(output), this.#wordScores(output)]
    const wordsOf = new Map<string, number>()
    for (const [place, word] of inMillionths(words)) {
      const { account } = this.#documents[place]!
      wordsOf.set(account, (wordsOf.get(account) ?? 0) + word)
    }
    const parts = inMillionths(votes)
    const products = new Map(
      [...parts].map(([place, vote]) => [place, vote * (wordsOf.get(this.#documents[place]!.account) ?? 0)]),
    )
    const weighed = inMillionths(products)
    const sums = new Map<string, number>()
    for (const [place, vote] of parts) {
      const score = Math.floor((50 * vote + 50 * weighed.get(place)!) / 100)
      const { account } = this.#documents[place]!
      if (score > 0) sums.set(account, (sums.get(account) ?? 0) + score)
    }
    return [...sums.keys()].sort().map((account) => ({ account, weight: sums.get(account)! }))
  }

  /** Suffix-vote: each token is credited to the documents that have it behind the same tokens. */
  #votes(output: Int32Array): Scores {
    const scores: Scores = new Map()
    for (let last = 0; last < output.length; last++) {
      const count = this.#runs.count(output, last, 1)
      if (count === 0) continue
      const surprisal = binaryLogarithm(this.#total) - binaryLogarithm(count)
      for (const { length, part, sum } of this.#parts(output, last))
        this.#credit(scores, quotient(surprisal, part, sum), this.#runs.places(output, last, length))
    }
    return scores
  }

  /** What of a token's surprisal goes to each run that ends with it. */
  #parts(output: Int32Array, last: number): { length: number; part: number; sum: number }[] {
    const parts: { length: number; part: number }[] = []
    let [chain, sum] = [CHAIN, 0]
    for (let length = Math.min(RUN_MAX, last + 1); length >= 2; length--) {
      const count = this.#runs.count(output, last, length)
      const before = this.#runs.count(output, last - 1, length - 1) + CONCENTRATION
      const part = quotient(chain, count, before)
      sum += part
      chain = quotient(chain, CONCENTRATION, before)
      parts.push({ length, part })
    }
    // The token alone has its part, and gives it to nobody.
    sum += quotient(chain, this.#runs.count(output, last, 1), this.#total)
    return sum === 0 ? [] : parts.map((part) => ({ ...part, sum }))
  }

  #credit(scores: Scores, credit: number, places: ReadonlyMap<number, number> | undefined): void {
    if (places === undefined || places.size === 0) return
    const totals = new Map<string, number>()
    for (const [place, count] of places) {
      const { account } = this.#documents[place]!
      totals.set(account, (totals.get(account) ?? 0) + count)
    }
    const share = Math.floor(credit / totals.size)
    for (const [place, count] of places) {
      const score = quotient(share, count, totals.get(this.#documents[place]!.account)!)
      if (score > 0) scores.set(place, (scores.get(place) ?? 0) + score)
    }
  }

  /** BM25 of accounts, each one text, divided over their documents by the BM25 of these. */
  #wordScores(output: Int32Array): Scores {
    const own: Scores = new Map()
    const accounts = new Map<string, number>()
    for (const [token, times] of timesOf(output)) {
      const found = this.#runs.frequencies(token)
      const ofAccounts = new Map<string, number>()
      for (const [place, frequency] of found) {
        const { account, tokens } = this.#documents[place]!
        ofAccounts.set(account, (ofAccounts.get(account) ?? 0) + frequency)
        const score = this.#bm25(this.#documents.length, found.size, frequency, tokens.length)
        own.set(place, (own.get(place) ?? 0) + times * score)
      }
      for (const [account, frequency] of ofAccounts) {
        const score = this.#bm25(this.#lengths.size, ofAccounts.size, frequency, this.#lengths.get(account)!)
        accounts.set(account, (accounts.get(account) ?? 0) + times * score)
      }
    }
    return this.#divided(own, accounts)
  }

  #divided(own: Scores, accounts: ReadonlyMap<string, number>): Scores {
    const sums = new Map<string, number>()
    for (const [place, score] of own) {
      const { account } = this.#documents[place]!
      sums.set(account, (sums.get(account) ?? 0) + score)
    }
    const divided: Scores = new Map()
    for (const [place, score] of own) {
      const { account } = this.#documents[place]!
      if (score > 0) divided.set(place, quotient(accounts.get(account)!, score, sums.get(account)!))
    }
    return divided
  }

  /** Of one word of a text among `texts`, `having` of which have it. */
  #bm25(texts: number, having: number, frequency: number, length: number): number {
    const information = binaryLogarithm(2 * texts + 2) - binaryLogarithm(2 * having + 1)
    const norm = 300 + quotient(900 * length, texts, this.#total)
    return quotient(information * 2_200, frequency, frequency * 1_000 + norm)
  }
}

function timesOf(output: Int32Array): Map<number, number> {
  const times = new Map<number, number>()
  for (const token of output) times.set(token, (times.get(token) ?? 0) + 1)
  return times
}

/** Of their sum, each rounded down. */
function inMillionths(scores: Scores): Scores {
  const sum = [...scores.values()].reduce((all, score) => all + score, 0)
  return new Map([...scores].map(([place, score]) => [place, sum === 0 ? 0 : quotient(score, WHOLE, sum)]))
}

/** ⌊a · b / c⌋, exactly. */
function quotient(a: number, b: number, c: number): number {
  const product = a * b
  return Number.isSafeInteger(product) ? Math.floor(product / c) : Number((BigInt(a) * BigInt(b)) / BigInt(c))
}
