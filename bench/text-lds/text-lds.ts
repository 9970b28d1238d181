import { Xoshiro128 } from '../../extractors/random.ts'
import { spearman } from '../statistics.ts'
import { LanguageModel } from './language-model.ts'
import { methodsOf } from './methods.ts'
import { loadSpeeches, type Speeches } from './speeches.ts'

export interface TextLdsSize {
  readonly speeches: number
  readonly subsets: number
  /** Of each kind. */
  readonly outputs: number
  readonly tokens: number
}

export const FULL: TextLdsSize = { speeches: 1_000, subsets: 100, outputs: 100, tokens: 150 }
/** Everything once, in seconds; its figures mean little. */
export const QUICK: TextLdsSize = { speeches: 30, subsets: 20, outputs: 5, tokens: 60 }

export interface TextLdsOptions {
  readonly seed: string
  readonly folder: string
  readonly size: TextLdsSize
  readonly onProgress: (text: string) => void
}

export interface MethodScore {
  readonly name: string
  /** The linear datamodeling score, averaged over outputs: cut from held-out speeches, and drawn from the model. */
  readonly heldOut: number
  readonly generated: number
}

export interface TextLdsResult {
  readonly seed: string
  readonly speeches: number
  readonly tokens: number
  readonly subsets: number
  readonly outputs: number
  readonly methods: readonly MethodScore[]
}

/**
 * How well the scores of documents foretell what training a language model on half of them does to an output: Spearman's
 * correlation over the halves, averaged over outputs (Park et al. 2023).
 */
export async function benchTextLds({ seed, folder, size, onProgress }: TextLdsOptions): Promise<TextLdsResult> {
  const random = Xoshiro128.fromSeed(seed)
  const speeches = await loadSpeeches(folder, random.fork('speeches'), size.speeches)
  const halves = halvesOf(speeches.documents.length, size.subsets, random.fork('subsets'))
  const ways: Record<keyof Omit<MethodScore, 'name'>, readonly Int32Array[]> = {
    heldOut: passages(speeches.heldOut, size, random.fork('passages')),
    generated: drawn(speeches, size, random.fork('drawn')),
  }
  const methods = new Map<string, { heldOut: number; generated: number }>()
  for (const [way, outputs] of Object.entries(ways) as [keyof typeof ways, readonly Int32Array[]][]) {
    const truth = new LanguageModel(speeches)
    const leftOut = new LanguageModel(speeches)
    const scored = methodsOf(speeches, random.fork(`trace ${way}`))
    for (const [index, output] of outputs.entries()) {
      if (index % 10 === 0) onProgress(`${way}: ${index} of ${outputs.length} outputs`)
      const likelihoods = truth.logLikelihoods(output, halves)
      const add = (name: string, scores: ReadonlyMap<number, number>) => {
        const sums = methods.get(name) ?? { heldOut: 0, generated: 0 }
        sums[way] +=
          spearman(
            likelihoods,
            Float64Array.from(halves, (half) => sumIn(half, scores)),
          ) / outputs.length
        methods.set(name, sums)
      }
      for (const [name, method] of Object.entries(scored)) add(name, method(output))
      add('exact leave-one-out (the model’s own)', leaveOneOut(leftOut, output, speeches.documents.length))
    }
  }
  return {
    seed,
    speeches: speeches.documents.length,
    tokens: speeches.shard.liveTokens,
    subsets: halves.length,
    outputs: size.outputs,
    methods: [...methods].map(([name, scores]) => ({ name, ...scores })),
  }
}

function halvesOf(documents: number, subsets: number, random: Xoshiro128): Uint8Array[] {
  const all = [...Array(documents).keys()]
  return Array.from({ length: subsets }, (_, index) => {
    const half = new Uint8Array(documents)
    for (const document of random
      .fork(`subset ${index}`)
      .shuffle(all)
      .slice(0, documents >> 1))
      half[document] = 1
    return half
  })
}

function passages(heldOut: readonly Int32Array[], { outputs, tokens }: TextLdsSize, random: Xoshiro128): Int32Array[] {
  const long = heldOut.filter(({ length }) => length >= tokens)
  return Array.from({ length: outputs }, () => {
    const speech = long[random.nextInt(long.length)]!
    const from = random.nextInt(speech.length - tokens + 1)
    return speech.slice(from, from + tokens)
  })
}

function drawn(speeches: Speeches, { outputs, tokens }: TextLdsSize, random: Xoshiro128): Int32Array[] {
  const model = new LanguageModel(speeches)
  return Array.from({ length: outputs }, (_, index) => model.generate(tokens, random.fork(`output ${index}`)))
}

function sumIn(half: Uint8Array, scores: ReadonlyMap<number, number>): number {
  let sum = 0
  for (const [document, score] of scores) if (half[document] === 1) sum += score
  return sum
}

/** What the output's log-likelihood loses when a document is not trained on: the first world has all. */
function leaveOneOut(model: LanguageModel, output: Int32Array, documents: number): Map<number, number> {
  const worlds = Array.from({ length: documents + 1 }, (_, world) => {
    const trained = new Uint8Array(documents).fill(1)
    if (world > 0) trained[world - 1] = 0
    return trained
  })
  const [all, ...without] = model.logLikelihoods(output, worlds)
  return new Map(without.map((likelihood, document) => [document, all! - likelihood]))
}
