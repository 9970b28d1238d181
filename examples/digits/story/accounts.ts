import { type Seed, Xoshiro128 } from '../../../extractors/random.ts'
import type { DigitAccount, DigitSample, DigitSplit, Role } from '../accounts.ts'
import { type LabelledImages, SIDE } from '../dataset.ts'
import { toStreetDigit } from './street-digits.ts'

const ITEMS = 120
const QUESTIONS_PER_MONTH = 240

const PAPER: readonly (readonly [string, Role])[] = [
  ['Ada', 'honest'],
  ['Bruno', 'honest'],
  ['Chioma', 'honest'],
  ['Hugo', 'wrong-labels'],
]
const STREET: readonly (readonly [string, Role])[] = [
  ['Dmitri', 'honest'],
  ['Elif', 'honest'],
]
const COPIER = 'Ines'
const COPIED = 'Ada'

/**
 * Deals digits to those who contribute in the story: scans of paper, photos of house numbers, and one who takes a scan of another,
 * shrinks it, and says it is her own. What is left is asked about, other digits every month.
 */
export function splitStory(dataset: LabelledImages, seed: Seed): DigitSplit {
  const random = Xoshiro128.fromSeed(seed).fork('story')
  const order = random.fork('deal').shuffle([...dataset.images.keys()])
  const take = (count: number): DigitSample[] =>
    order.splice(0, count).map((source) => ({
      ...{ image: dataset.images[source]!, label: dataset.labels[source]!, source },
    }))
  const accounts: DigitAccount[] = []
  for (const [name, role] of PAPER) accounts.push({ name, role, contributions: take(ITEMS) })
  for (const item of accounts.at(-1)!.contributions) item.label = (item.label + 1) % 10
  const copied = accounts.find(({ name }) => name === COPIED)!
  accounts.push({
    ...{ name: COPIER, role: 'copier', copiedFrom: COPIED },
    contributions: copied.contributions.map((item) => ({ ...item, image: shrunk(item.image) })),
  })
  const grain = random.fork('street')
  for (const [name, role] of STREET) {
    const contributions = take(ITEMS).map((item) => ({ ...item, image: toStreetDigit(item.image, grain) }))
    accounts.push({ name, role, contributions })
  }
  const pool = order
  return {
    accounts,
    heldOutCount: pool.length,
    heldOut: (month) =>
      pool
        .slice(month * QUESTIONS_PER_MONTH, (month + 1) * QUESTIONS_PER_MONTH)
        .map((source) => ({ image: dataset.images[source]!, label: dataset.labels[source]!, source })),
    unasked: () => [],
  }
}

/** To four fifths of its size, up and to the left: no pixel is where it was. */
function shrunk(image: Uint8Array): Uint8Array {
  return Uint8Array.from(image, (_, at) => {
    const [x, y] = [Math.round((at % SIDE) * 1.25), Math.round(Math.floor(at / SIDE) * 1.25)]
    return x < SIDE && y < SIDE ? image[y * SIDE + x]! : 0
  })
}
