import { loadDigits, SIDE } from '../../examples/digits/dataset.ts'
import { fitProjection, type Projection, projectImage } from '../../examples/digits/projection.ts'
import { type Seed, Xoshiro128 } from '../../extractors/random.ts'
import { DenseRows } from '../../jobs/attribution/similarity/dense-rows.ts'
import { Images } from '../../jobs/attribution/similarity/images.ts'
import type { GreyPicture } from '../../jobs/attribution/similarity/pooled-picture.ts'
import { Texts } from '../../jobs/attribution/similarity/texts.ts'
import { arePicturesNear, areRowsNear, areTextsNear } from './near-pairs.ts'
import { noisy, PICTURE_CHANGES, rewritten } from './pictures.ts'
import type { Change, Workload } from './workload.ts'

const RANK = 100
const PROJECTION_IMAGES = 2_000
const FACTOR_MAX = 63
const TEXT_WORDS = 120
const VOCABULARY = 20_000
/** Words of a text come in runs from a stock of phrases, as in real prose, where much is said in the same words. */
const PHRASES = 50_000

/** The same picture of a number, whatever was made before. */
function greysBy(seed: Seed, digits: readonly Uint8Array[]): (index: number) => Uint8Array {
  return (index) =>
    index < digits.length
      ? digits[index]!
      : rewritten(digits[index % digits.length]!, Xoshiro128.fromSeed(`${seed}/picture/${index}`))
}

export async function shuffledDigits(seed: Seed): Promise<readonly Uint8Array[]> {
  const { images } = await loadDigits()
  return Xoshiro128.fromSeed(seed)
    .fork('order')
    .shuffle([...images])
}

export function pictureWorkload(seed: Seed, digits: readonly Uint8Array[]): Workload<GreyPicture> {
  const greyOf = greysBy(seed, digits)
  const picture = (grey: Uint8Array): GreyPicture => ({ width: SIDE, height: SIDE, grey })
  const toPicture = ({ name, apply }: Change<Uint8Array>): Change<GreyPicture> => ({
    name,
    apply: ({ grey }, random) => picture(apply(grey, random)),
  })
  return {
    name: 'images',
    contents: `${digits.length} digits of MNIST, beyond that the same turned, scaled, sheared and pulled about`,
    open: () => new Images(),
    at: (index) => picture(greyOf(index)),
    originOf: (index) => index % digits.length,
    changes: PICTURE_CHANGES.map(toPicture),
    hardest: toPicture({ name: 'noise .1', apply: (grey, random) => noisy(grey, 0.1, random) }),
    areNear: arePicturesNear,
  }
}

/** Rows as the digits' feature map has them: the top 100 eigenvectors of the inputs' second moment, int8 with a scale a row. */
export function rowWorkload(seed: Seed, digits: readonly Uint8Array[]): Workload<Int8Array> {
  const projection = fitProjection(digits.slice(0, PROJECTION_IMAGES), RANK, seed)
  const greyOf = greysBy(seed, digits)
  const jitter = (share: number) => (row: Int8Array, random: Xoshiro128) =>
    row.map((value) => {
      const step = random.nextFloat() < share ? random.nextInt(3) - 1 : 0
      return Math.max(-FACTOR_MAX, Math.min(FACTOR_MAX, value + step))
    })
  return {
    name: 'dense',
    contents: `features (r = ${RANK}) of the pictures of the row above`,
    open: () => new DenseRows(RANK),
    at: (index) => quantised(projection, greyOf(index)),
    originOf: (index) => index % digits.length,
    changes: [
      { name: 'copy', apply: (row) => row },
      { name: 'half as large', apply: (row) => row.map((value) => value >> 1) },
      { name: 'half of the entries moved by up to 1', apply: jitter(0.5) },
    ],
    hardest: { name: 'every entry moved by up to 1', apply: jitter(1) },
    areNear: areRowsNear,
  }
}

function quantised(projection: Projection, grey: Uint8Array): Int8Array {
  const z = new Float64Array(RANK)
  projectImage(projection, grey, z)
  const most = z.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  return Int8Array.from(z, (value) => Math.round((FACTOR_MAX * value) / most))
}

export function textWorkload(seed: Seed): Workload<string> {
  const phraseOf = phrases(seed)
  const changeWords = (every: number) => (text: string, random: Xoshiro128) =>
    text
      .split(' ')
      .map((word) => (random.nextInt(every) === 0 ? `w${random.nextInt(VOCABULARY)}` : word))
      .join(' ')
  return {
    name: 'texts',
    contents: `${TEXT_WORDS} invented words each, in phrases drawn from ${PHRASES} by Zipf's law`,
    open: () => new Texts(),
    at: (index) => phraseOf(Xoshiro128.fromSeed(`${seed}/text/${index}`)),
    originOf: (index) => index,
    changes: [
      { name: 'copy', apply: (text) => text },
      { name: 'case, spaces and punctuation', apply: (text) => text.toUpperCase().replaceAll(' ', ',\n') },
      { name: 'one word of 100 changed', apply: changeWords(100) },
      { name: 'a tenth added', apply: (text, random) => `${text} ${phraseOf(random).slice(0, text.length / 10)}` },
      { name: 'one word of 50 changed', apply: changeWords(50) },
      { name: 'one word of 20 changed', apply: changeWords(20) },
    ],
    hardest: { name: 'one word of 50 changed', apply: changeWords(50) },
    areNear: areTextsNear,
  }
}

function phrases(seed: Seed): (random: Xoshiro128) => string {
  const random = Xoshiro128.fromSeed(`${seed}/phrases`)
  const word = () => Array.from({ length: 2 + random.nextInt(8) }, () => 'etaoinshrdlu'[random.nextInt(12)]).join('')
  const words = Array.from({ length: VOCABULARY }, word)
  const zipf = (source: Xoshiro128, count: number) => Math.floor(count ** source.nextFloat()) - 1
  const stock = Array.from({ length: PHRASES }, () =>
    Array.from({ length: 2 + random.nextInt(4) }, () => words[zipf(random, VOCABULARY)]).join(' '),
  )
  return (source) => {
    const text: string[] = []
    for (let count = 0; count < TEXT_WORDS; count += 3.5) text.push(stock[zipf(source, PHRASES)]!)
    return text.join(' ')
  }
}
