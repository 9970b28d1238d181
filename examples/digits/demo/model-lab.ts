import { createHash } from 'node:crypto'
import { leafHash } from '../../../anchor/log/leaf-hash.ts'
import { rootHash } from '../../../anchor/log/root-hash.ts'
import { type Artefact, artefactHashes } from '../../../extractors/artefact.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { encodeEvent, type OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { NearContribution } from '../../../schemas/events.ts'
import { CLASSES } from '../dataset.ts'
import { digitArtefact } from '../extractor.ts'
import { extractContributionFeatures, type FeatureMap, makeFeatureMap } from '../features.ts'
import { CHECKPOINTS, type DigitModel, trainModel } from '../model.ts'
import { fitProjection } from '../projection.ts'
import type { SentBatch } from './contributions.ts'
import { FEATURE_MAP, SIMILARITY, SOURCES } from './names.ts'
import type { FeatureMapFacts } from './registration.ts'

const RANK = 100

/** A trained model with its feature map: what the model lab hands to the gateway and to the extractor. */
export interface Lab {
  readonly model: DigitModel
  readonly map: FeatureMap
  readonly facts: FeatureMapFacts
  /** What the facts' hashes are of. */
  readonly artefact: Artefact
}

/**
 * Trains on everything that was accepted, bad contributions included, as an operator would who cannot tell them apart.
 *
 * @param base the model to go on from, with its projection; default: none
 */
export async function train(
  batches: readonly SentBatch[],
  seed: string,
  onProgress: (text: string) => void,
  { rank = RANK, base }: { readonly rank?: number; readonly base?: DigitModel } = {},
): Promise<Lab> {
  const items = batches.flatMap((batch) => batch.payloads)
  const images = items.map(({ payload }) => payload)
  const labels = Uint8Array.from(items, ({ label }) => Number(label))
  onProgress('directions in which digits differ')
  await new Promise(setImmediate) // lets the line above appear: the next call does not yield
  const projection = base?.projection ?? fitProjection(images, rank, seed)
  const model = await trainModel(
    { images, labels },
    {
      ...{ projection, seed, onProgress: (done, total) => onProgress(`pass ${done} of ${total}`) },
      ...(base && { base }),
    },
  )
  const map = makeFeatureMap(projection, images)
  const artefact = digitArtefact(map, model)
  return {
    model,
    map,
    artefact,
    facts: {
      rank,
      classes: CLASSES,
      checkpoints: CHECKPOINTS,
      unitExponent: map.unitExponent,
      ...artefactHashes(artefact),
      trainingSetHash: rootHash(items.map(({ contentHash }) => leafHash(contentHash))),
      fingerprintSalt: Xoshiro128.fromSeed(seed).fork('fingerprint').bytes(16),
      similarity: SIMILARITY,
    },
  }
}

/**
 * One record for each contributed item, published by the extractor that the feature map names.
 *
 * @param near of each item, what was found near it
 */
export function contributionFeatureRecords(
  batch: SentBatch,
  lab: Lab,
  near: readonly NearContribution[][],
  time: string,
  featureMap = FEATURE_MAP,
): OutgoingRecord[] {
  return batch.payloads.map((item, index) => {
    const features = extractContributionFeatures(lab.map, lab.model, item.payload, Number(item.label))
    return encodeEvent(
      {
        type: 'ContributionFeatures',
        source: SOURCES.extractor,
        id: `${batch.id}/${index}${featureMap === FEATURE_MAP ? '' : `/${featureMap}`}`,
        body: {
          featureMap,
          batchSource: SOURCES.portal,
          batchId: batch.id,
          index,
          a: asBytes(features.a),
          ua: features.ua,
          p: Array.from(features.p),
          checkpoints: features.checkpoints.flatMap((row) => Array.from(row)),
          label: features.label,
          fingerprint: fingerprintOf(lab, item.payload),
          near: near[index]!,
        },
      },
      time,
    )
  })
}

/** Equal pictures have equal ones. */
export function fingerprintOf(lab: Lab, payload: Uint8Array): Uint8Array {
  return createHash('sha256').update(lab.facts.fingerprintSalt).update(payload).digest()
}

export function asBytes(values: Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
