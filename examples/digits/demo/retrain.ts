import { Xoshiro128 } from '../../../extractors/random.ts'
import type { DigitSample } from '../accounts.ts'
import { accuracy, trainModel } from '../model.ts'
import type { SentBatch } from './contributions.ts'
import type { Lab } from './model-lab.ts'

/** An item by its place, as insights name it. */
export interface ItemPlace {
  readonly batchId: string
  readonly index: number
}

/** What dropping the data that hurts does to a model. Accuracies are on digits that nobody contributed and nobody asked about. */
export interface Retrained {
  readonly contributions: number
  readonly dropped: number
  readonly judgedBy: number
  readonly accuracy: {
    readonly before: number
    readonly withoutHurting: number
    readonly withoutAsManyAtRandom: number
  }
}

/**
 * Trains the model again without what hurts, and beside it without as many contributions drawn at random: the recipe, the
 * projection and the seed stay, so that only the data makes the difference.
 */
export async function retrain(
  batches: readonly SentBatch[],
  lab: Lab,
  hurting: readonly ItemPlace[],
  judges: DigitSample[],
  seed: string,
  onProgress: (text: string) => void,
): Promise<Retrained> {
  const items = batches.flatMap(({ id, payloads }) =>
    payloads.map(({ payload, label }, index) => ({ place: `${id}/${index}`, image: payload, label: Number(label) })),
  )
  const places = new Set(hurting.map(({ batchId, index }) => `${batchId}/${index}`))
  const kept = items.filter(({ place }) => !places.has(place))
  const random = Xoshiro128.fromSeed(seed).fork('drop at random')
  const drawn = random.shuffle([...items.keys()]).slice(0, kept.length)
  const trained = async (data: typeof items, what: string) => {
    const { model } = lab
    const retrained = await trainModel(
      { images: data.map(({ image }) => image), labels: Uint8Array.from(data, ({ label }) => label) },
      {
        projection: model.projection,
        seed,
        onProgress: (done, total) => onProgress(`${what}: pass ${done} of ${total}`),
      },
    )
    return accuracy(retrained, judges)
  }
  return {
    contributions: items.length,
    dropped: items.length - kept.length,
    judgedBy: judges.length,
    accuracy: {
      before: accuracy(lab.model, judges),
      withoutHurting: await trained(kept, 'without what hurts'),
      withoutAsManyAtRandom: await trained(
        drawn.map((item) => items[item]!),
        'without as many at random',
      ),
    },
  }
}
