import { CLASSES, type LabelledImages } from '../../examples/digits/dataset.ts'
import { Xoshiro128 } from '../../extractors/random.ts'

/** A digit with the label that its owner, or who asks, gives it. */
export interface Sample {
  readonly image: Uint8Array
  readonly label: number
}

/** How digits are dealt: alike to everybody, or each account with classes of its own (Dirichlet with parameter .3). */
export type Dealing = 'IID' | 'Dirichlet(.3)'

/** Who has what before anybody attacks. */
export interface World {
  /** 50 accounts of 100 digits. */
  readonly accounts: readonly (readonly Sample[])[]
  /** Asked and paid for, with true labels; nobody contributed them. */
  readonly asked: readonly Sample[]
  /** Neither contributed nor asked: what attackers choose from. */
  readonly reserve: readonly Sample[]
}

export interface WorldSize {
  readonly accounts: number
  readonly itemsEach: number
  readonly asked: number
}

export const FULL_SIZE: WorldSize = { accounts: 50, itemsEach: 100, asked: 2_500 }

const CONCENTRATION = 0.3

/** Deals the digits; all of it follows from the seed. */
export function makeWorld(digits: LabelledImages, dealing: Dealing, seed: number, size: WorldSize): World {
  const random = Xoshiro128.fromSeed(seed).fork('gates')
  const samples = digits.images.map((image, at) => ({ image, label: digits.labels[at]! }))
  const shuffled = random.fork('deal').shuffle(samples)
  const asked = shuffled.slice(0, size.asked)
  const rest = shuffled.slice(size.asked)
  const dealt = dealing === 'IID' ? dealAlike(rest, size) : dealSpecialised(rest, size, random.fork('classes'))
  const taken = new Set(dealt.flat())
  return { accounts: dealt, asked, reserve: rest.filter((sample) => !taken.has(sample)) }
}

function dealAlike(samples: readonly Sample[], { accounts, itemsEach }: WorldSize): Sample[][] {
  return Array.from({ length: accounts }, (_, at) => samples.slice(at * itemsEach, (at + 1) * itemsEach))
}

/** Each account draws its classes from its own distribution; a class that is used up is drawn no more. */
function dealSpecialised(samples: readonly Sample[], size: WorldSize, random: Xoshiro128): Sample[][] {
  const left = Array.from({ length: CLASSES }, (_, digit) => samples.filter(({ label }) => label === digit))
  return Array.from({ length: size.accounts }, () => {
    const weights = Array.from({ length: CLASSES }, () => gamma(CONCENTRATION, random))
    return Array.from({ length: size.itemsEach }, () => {
      const open = weights.map((weight, digit) => (left[digit]!.length > 0 ? weight + Number.MIN_VALUE : 0))
      return left[drawFrom(open, random)]!.pop()!
    })
  })
}

function drawFrom(weights: readonly number[], random: Xoshiro128): number {
  let at = random.nextFloat() * weights.reduce((sum, weight) => sum + weight, 0)
  let last = 0
  for (const [index, weight] of weights.entries()) {
    if (weight === 0) continue
    last = index
    at -= weight
    if (at < 0) break
  }
  return last
}

/** Gamma variate for shapes below 1 (Ahrens and Dieter 1974). */
function gamma(shape: number, random: Xoshiro128): number {
  const b = 1 + shape / Math.E
  for (;;) {
    const p = b * random.nextFloat()
    const u = random.nextFloat()
    if (p <= 1) {
      const x = p ** (1 / shape)
      if (u <= Math.exp(-x)) return x
    } else {
      const x = -Math.log((b - p) / shape)
      if (u <= x ** (shape - 1)) return x
    }
  }
}
