import { CLASSES, loadDigits } from '../../examples/digits/dataset.ts'
import type { LabelledRows } from '../../extractors/logistic-regression.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { withBias } from '../../extractors/sparse-rows.ts'
import { loadWords } from './words.ts'

/** How many samples are for what: they lie in this order. λ and K are chosen on the held-out ones and reported on the tested. */
export interface Parts {
  readonly train: number
  readonly heldOut: number
  readonly test: number
}

export interface BenchData extends LabelledRows {
  readonly name: DataName
  readonly seed: string
  readonly parts: Parts
}

export type DataName = 'digits' | 'words'

/** Samples dealt by the seed. */
export async function loadData(name: DataName, seed: string, parts: Parts): Promise<BenchData> {
  const { rows, labels, classes } = name === 'digits' ? await digitRows() : loadWords()
  const wanted = parts.train + parts.heldOut + parts.test
  const order = Xoshiro128.fromSeed(seed)
    .fork(`${name} split`)
    .shuffle([...rows.keys()])
    .slice(0, wanted)
  return {
    name,
    seed,
    parts,
    inputs: withBias(
      order.map((index) => rows[index]!),
      rows[0]!.length,
    ),
    labels: Uint8Array.from(order, (index) => labels[index]!),
    classes,
  }
}

async function digitRows() {
  const { images, labels } = await loadDigits()
  return { rows: images.map((image) => Float64Array.from(image, (grey) => grey / 255)), labels, classes: CLASSES }
}
