import { loadDigits, PIXELS } from '../../examples/digits/dataset.ts'
import type { LabelledRows } from '../../extractors/logistic-regression.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { withBias } from '../../extractors/sparse-rows.ts'

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

export type DataName = 'digits'

/** Samples dealt by the seed. */
export async function loadData(name: DataName, seed: string, parts: Parts): Promise<BenchData> {
  const { images, labels } = await loadDigits()
  const wanted = parts.train + parts.heldOut + parts.test
  const order = Xoshiro128.fromSeed(seed)
    .fork(`${name} split`)
    .shuffle([...images.keys()])
    .slice(0, wanted)
  const rows = order.map((index) => Float64Array.from(images[index]!, (grey) => grey / 255))
  return {
    name,
    seed,
    parts,
    inputs: withBias(rows, PIXELS),
    labels: Uint8Array.from(order, (index) => labels[index]!),
    classes: 10,
  }
}
