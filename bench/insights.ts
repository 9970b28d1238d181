import { type DigitSample, splitDigits } from '../examples/digits/accounts.ts'
import { loadDigits } from '../examples/digits/dataset.ts'
import { accuracy, trainModel } from '../examples/digits/model.ts'
import { Xoshiro128 } from '../extractors/random.ts'
import { withKernels } from '../jobs/attribution/kernel/open-kernels.ts'
import { methodFor } from '../jobs/attribution/methods.ts'
import { eventRows, itemRows, type Trained, train } from './gates/features.ts'
import { DATA_PARTS } from './gates/period.ts'

const RANK = 100
const METHOD = 'influence/factored@2'

/** What dropping the data with negative values does to the demo's model, for one seed. Parts of digits read right. */
interface DroppedResult {
  readonly seed: number
  readonly dropped: number
  /** Of the dropped ones, those with wrong labels or of noise: there are 1,000. */
  readonly bad: number
  readonly before: number
  readonly withoutHurting: number
  readonly withoutAsManyAtRandom: number
}

/**
 * The demo's ten accounts (500 wrong labels, 500 copies, 500 of noise among 5,000): values by 2,500 paid uses, then the model trained again
 * without what is below zero, judged by 3,500 other digits; beside it without as many drawn at random.
 */
export async function benchInsights(seeds: number, onProgress: (text: string) => void): Promise<DroppedResult[]> {
  const digits = await loadDigits()
  const results: DroppedResult[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    onProgress(`seed ${seed} of ${seeds}`)
    const split = splitDigits(digits, seed)
    const items = split.accounts.flatMap(({ role, contributions }) =>
      contributions.map((sample) => ({ ...sample, isBad: role === 'wrong-labels' || role === 'noise' })),
    )
    const trained = await train(items, RANK, String(seed))
    const values = await valuesOf(trained, items, split.heldOut(0))
    const kept = items.filter((_, item) => values[item]! >= 0)
    const order = Xoshiro128.fromSeed(seed)
      .fork('drop at random')
      .shuffle([...items.keys()])
    const drawn = order.slice(0, kept.length).map((item) => items[item]!)
    const judges = split.unasked(1)
    results.push({
      seed,
      dropped: items.length - kept.length,
      bad: items.filter(({ isBad }, item) => isBad && values[item]! < 0).length,
      before: accuracy(trained.model, judges),
      withoutHurting: await retrained(trained, kept, seed, judges),
      withoutAsManyAtRandom: await retrained(trained, drawn, seed, judges),
    })
  }
  return results
}

/** v of every item; every sample is an account of its own here, and the copies stay in. */
async function valuesOf(
  trained: Trained,
  items: readonly DigitSample[],
  asked: readonly DigitSample[],
): Promise<Float64Array> {
  const rows = itemRows(trained, items)
  const result = await withKernels((kernels) =>
    methodFor(METHOD, 'factored').attribute({
      accounts: 1,
      items: { rows, account: new Uint32Array(rows.count), withdrawn: new Uint8Array(rows.count) },
      events: eventRows(trained, asked, new Float64Array(asked.length).fill(1_000)),
      dataParts: DATA_PARTS,
      minEvents: 1,
      dBarFixed: null,
      kernels,
    }),
  )
  if (result === undefined) throw new Error('There is nothing to solve.')
  return result.values
}

async function retrained(
  { model }: Trained,
  data: readonly DigitSample[],
  seed: number,
  judges: DigitSample[],
): Promise<number> {
  const images = data.map(({ image }) => image)
  const labels = Uint8Array.from(data, ({ label }) => label)
  const again = await trainModel({ images, labels }, { projection: model.projection, seed: String(seed) })
  return accuracy(again, judges)
}
