import { CLASSES, type LabelledImages } from '../../examples/digits/dataset.ts'
import { type DigitModel, probabilities, trainModel } from '../../examples/digits/model.ts'
import { fitProjection, type Projection, projectImages } from '../../examples/digits/projection.ts'
import { factoredRows, unitExponentOf } from '../../extractors/factored-rows.ts'
import { roundHalfEven } from '../../extractors/quantise.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { argmax } from '../../extractors/softmax.ts'
import type { Kernels } from '../../jobs/attribution/kernel/kernels.ts'
import type { AttributionMethod, ShareInterval } from '../../jobs/attribution/method.ts'
import type { FactoredRows, PeriodEvents } from '../../jobs/attribution/rows.ts'
import { DATA_PARTS } from '../gates/period.ts'
import { type Dealing, makeWorld, type Sample, type World } from '../gates/world.ts'

export interface Setting {
  readonly dealing: Dealing
  readonly seed: number
  readonly accounts: number
  readonly itemsEach: number
  /** Paid uses of a period. */
  readonly events: number
  readonly rank: number
}

const FEE_MIN = 500
const FEE_SPAN = 1_001

/**
 * What stays: who contributed what, the directions in which digits are looked at, and the digits that nobody contributed, which
 * are asked about. What is drawn anew each time: the seeds of the ensemble's five members, and the period's uses with their fees.
 */
export class Population {
  readonly #setting: Setting
  readonly #world: World
  readonly #items: readonly Sample[]
  readonly #projection: Projection
  readonly #coordinates: Float64Array
  readonly #unitExponent: number

  constructor(digits: LabelledImages, setting: Setting) {
    const { dealing, seed, accounts, itemsEach, rank } = setting
    this.#setting = setting
    this.#world = makeWorld(digits, dealing, seed, { accounts, itemsEach, asked: 0 })
    this.#items = this.#world.accounts.flat()
    const images = imagesOf(this.#items)
    this.#projection = fitProjection(images, rank, seed)
    this.#coordinates = projectImages(this.#projection, images)
    this.#unitExponent = unitExponentOf(this.#coordinates)
  }

  /** The shares of one draw with their intervals, by account. */
  async draw(method: AttributionMethod, kernels: Kernels, draw: number): Promise<readonly ShareInterval[]> {
    const random = Xoshiro128.fromSeed(this.#setting.seed).fork(`intervals/${draw}`)
    const labels = Uint8Array.from(this.#items, ({ label }) => label)
    const images = imagesOf(this.#items)
    const seed = String(random.fork('ensemble').nextUint32())
    const model = await trainModel({ images, labels }, { projection: this.#projection, seed })
    const rows = this.#rowsOf(model, this.#coordinates, labels)
    const result = await method.attribute({
      accounts: this.#setting.accounts,
      items: {
        rows,
        account: Uint32Array.from(this.#items, (_, item) => Math.floor(item / this.#setting.itemsEach)),
        withdrawn: new Uint8Array(rows.count),
      },
      events: this.#events(model, random.fork('events')),
      dataParts: DATA_PARTS,
      minEvents: 1,
      dBarFixed: null,
      kernels,
    })
    if (result === undefined) throw new RangeError('A period without gradients has no shares.')
    return result.intervals
  }

  /** Uses are drawn with replacement, so that the population is the distribution that they come from. */
  #events(model: DigitModel, random: Xoshiro128): PeriodEvents {
    const { reserve } = this.#world
    const asked = Array.from({ length: this.#setting.events }, () => reserve[random.nextInt(reserve.length)]!)
    const coordinates = projectImages(this.#projection, imagesOf(asked))
    const rows = this.#rowsOf(
      model,
      coordinates,
      asked.map(({ label }) => label),
    )
    const served = probabilitiesOf(model.weights, coordinates, this.#projection.rank)
    const p16 = Uint16Array.from(asked, (_, event) => {
      const p = served.subarray(event * CLASSES, (event + 1) * CLASSES)
      return roundHalfEven(65_535 * p[argmax(p)]!)
    })
    const fees = Float64Array.from(asked, () => FEE_MIN + random.nextInt(FEE_SPAN))
    return { rows, p16, fees, own: new Uint8Array(asked.length) }
  }

  #rowsOf(model: DigitModel, coordinates: Float64Array, labels: ArrayLike<number>): FactoredRows {
    const { rank } = this.#projection
    const outputs = {
      ...{ rank, classes: CLASSES, coordinates, labels },
      probabilities: probabilitiesOf(model.weights, coordinates, rank),
      checkpoints: model.checkpoints.map((weights) => probabilitiesOf(weights, coordinates, rank)),
    }
    return factoredRows(outputs, this.#unitExponent)
  }
}

function imagesOf(samples: readonly Sample[]): Uint8Array[] {
  return samples.map(({ image }) => image)
}

/** count × classes. */
function probabilitiesOf(weights: Float64Array, coordinates: Float64Array, rank: number): Float64Array {
  const count = coordinates.length / rank
  const out = new Float64Array(count * CLASSES)
  for (let row = 0; row < count; row++) {
    const z = coordinates.subarray(row * rank, (row + 1) * rank)
    probabilities(weights, z, out.subarray(row * CLASSES, (row + 1) * CLASSES))
  }
  return out
}
