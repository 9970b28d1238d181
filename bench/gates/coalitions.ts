import { CLASSES } from '../../examples/digits/dataset.ts'
import { probabilities, RECIPE } from '../../examples/digits/model.ts'
import { projectImages } from '../../examples/digits/projection.ts'
import type { Xoshiro128 } from '../../extractors/random.ts'
import { descend, stepSize } from '../../extractors/recipe.ts'
import { Cholesky } from '../../jobs/attribution/solver/cholesky.ts'
import type { Trained } from './features.ts'
import type { Sample } from './world.ts'

/** One member, trained as the models of examples/digits are. */
const ONE_MEMBER = { ...RECIPE, schedule: 'linear' } as const
const RIDGE = 1e-6

/** Images as the model of the lab sees them. */
interface Inputs {
  readonly z: Float64Array
  readonly labels: readonly number[]
  readonly rank: number
}

export interface Coalitions {
  /** Whose projection the models see images by. */
  readonly trained: Trained
  readonly accounts: readonly (readonly Sample[])[]
  readonly asked: readonly Sample[]
  readonly random: Xoshiro128
  /** How many are trained, even. */
  readonly models: number
}

/**
 * What each account adds to the probability that the model gives to the right answer, over models trained on half of the
 * accounts each (Banzhaf value; Wang and Jia 2023). Coalitions come with their complements, and the values are the least
 * squares fit to all of them: so that what one account adds is not hidden by who else was drawn.
 */
export function coalitionValues({ trained, accounts, asked, random, models }: Coalitions): Float64Array {
  const see = (samples: readonly Sample[]): Inputs => ({
    z: projectImages(
      trained.map.projection,
      samples.map(({ image }) => image),
    ),
    labels: samples.map(({ label }) => label),
    rank: trained.map.rank,
  })
  const own = accounts.map(see)
  const questions = see(asked)
  const normal = new Float64Array(accounts.length ** 2)
  const right = new Float64Array(accounts.length)
  for (let pair = 0; pair < models / 2; pair++) {
    const order = random.shuffle([...accounts.keys()])
    const halves = [order.slice(0, order.length >> 1), order.slice(order.length >> 1)] as const
    const [a, b] = halves.map((members) => {
      const weights = trainOn(
        members.map((member) => own[member]!),
        random,
      )
      return usefulness(weights, questions)
    }) as [number, number]
    addPair(normal, right, halves[0], a - b)
  }
  for (let at = 0; at < accounts.length; at++) normal[at * accounts.length + at]! += RIDGE * models
  return new Cholesky(normal, accounts.length).solve(right)
}

/** Normal equations of `difference` = Σ ± value: + for members of the first half, − for the others. */
function addPair(normal: Float64Array, right: Float64Array, first: readonly number[], difference: number): void {
  const signs = right.map(() => -1)
  for (const member of first) signs[member] = 1
  for (const [row, sign] of signs.entries()) {
    right[row]! += sign * difference
    for (let column = 0; column < signs.length; column++) normal[row * signs.length + column]! += sign * signs[column]!
  }
}

function usefulness(weights: Float64Array, { z, labels, rank }: Inputs): number {
  const p = new Float64Array(CLASSES)
  let sum = 0
  for (const [at, label] of labels.entries()) {
    probabilities(weights, z.subarray(at * rank, (at + 1) * rank), p)
    sum += p[label]!
  }
  return sum / labels.length
}

function trainOn(parts: readonly Inputs[], random: Xoshiro128): Float64Array {
  const { rank } = parts[0]!
  const samples = parts.flatMap((part) =>
    part.labels.map((label, at) => ({ z: part.z.subarray(at * rank, (at + 1) * rank), label })),
  )
  const weights = new Float64Array(CLASSES * rank)
  const velocity = new Float64Array(weights.length)
  const gradient = new Float64Array(weights.length)
  const error = new Float64Array(CLASSES)
  for (let pass = 0; pass < ONE_MEMBER.passes; pass++) {
    const step = stepSize(ONE_MEMBER, pass)
    const order = random.shuffle(samples)
    for (let start = 0; start < order.length; start += ONE_MEMBER.batch) {
      const batch = order.slice(start, start + ONE_MEMBER.batch)
      gradient.fill(0)
      for (const { z, label } of batch) {
        probabilities(weights, z, error)
        error[label]! -= 1
        for (let c = 0; c < CLASSES; c++) for (let k = 0; k < rank; k++) gradient[c * rank + k]! += error[c]! * z[k]!
      }
      descend({ weights, velocity, gradient }, ONE_MEMBER, step, batch.length)
    }
  }
  return weights
}
