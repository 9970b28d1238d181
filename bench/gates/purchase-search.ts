import { CLASSES, PIXELS } from '../../examples/digits/dataset.ts'
import type { Xoshiro128 } from '../../extractors/random.ts'
import { useRater } from '../../jobs/incentives/use-rater.ts'
import { eventRows } from './features.ts'
import type { Situation } from './lab.ts'
import { DATA_PARTS, type Paid, type Rule } from './period.ts'
import type { Sample } from './world.ts'

const GENERATIONS = 6
const CHILDREN = 60
const PARENTS = 8

export interface Search {
  readonly rule: Rule
  readonly situation: Situation
  /** The period as it would be paid without the purchase: its D̄ is public. */
  readonly without: Paid
  /** Accounts of the buyer. */
  readonly buyers: readonly number[]
  /** Images that the buyer can ask about; it may say that they show any digit. */
  readonly images: readonly Uint8Array[]
  /** 1: the buyer wants its own scores up. −1: it wants the scores of all others down. */
  readonly aim: 1 | -1
  /** Whether to reckon with the cap on what one event can move. */
  readonly capped: boolean
  readonly random: Xoshiro128
}

/** An event that somebody may buy, and how far one unit of its fee moves the scores in the wanted direction, in D̄. */
interface Candidate {
  readonly sample: Sample
  readonly moved: number
}

/**
 * The uses that are best to buy for somebody who knows the rule, the model and all accounts' gradients: every image with every
 * label, then mixtures and cuttings of the best.
 *
 * @returns best first
 */
export async function searchPurchase(search: Search, wanted: number): Promise<readonly Sample[]> {
  const { random, images } = search
  const rate = await rater(search)
  let best = await rate(images.flatMap((image) => Array.from({ length: CLASSES }, (_, label) => ({ image, label }))))
  for (let generation = 0; generation < GENERATIONS; generation++) {
    const parents = best.slice(0, PARENTS)
    const children = Array.from({ length: CHILDREN }, () => {
      const { sample } = parents[random.nextInt(parents.length)]!
      return { image: mutate(sample.image, images[random.nextInt(images.length)]!, random), label: sample.label }
    })
    best = merge(best, await rate(children))
  }
  return best.slice(0, wanted).map(({ sample }) => sample)
}

function merge(a: readonly Candidate[], b: readonly Candidate[]): Candidate[] {
  return [...a, ...b].sort((x, y) => y.moved - x.moved)
}

function mutate(image: Uint8Array, other: Uint8Array, random: Xoshiro128): Uint8Array {
  const part = random.nextFloat()
  switch (random.nextInt(4)) {
    case 0:
      return image.map((grey, at) => Math.round(grey * part + other[at]! * (1 - part)))
    case 1:
      return image.map((grey) => Math.min(255, Math.round(2 * part * grey)))
    case 2:
      return image.map((grey, at) => (at < PIXELS * part ? grey : other[at]!))
    default:
      return image.map((grey) => Math.max(0, Math.min(255, Math.round(grey + 40 * random.gaussian() * part))))
  }
}

async function rater(search: Search): Promise<(samples: readonly Sample[]) => Promise<Candidate[]>> {
  const { rule, situation, without, buyers, aim, capped } = search
  const { rows, account, curvature } = situation.contributed
  const rate = await useRater({
    ...{ kernels: rule.kernels, rows, account, groups: account, curvature: curvature!, events: situation.events },
    ...{ level: without.result, dataParts: DATA_PARTS, buyers, aim, capped },
  })
  return async (samples) => {
    const events = eventRows(situation.trained, samples, new Float64Array(samples.length))
    const moved = await rate(events)
    return samples.map((sample, at) => ({ sample, moved: moved[at]! })).sort((a, b) => b.moved - a.moved)
  }
}
