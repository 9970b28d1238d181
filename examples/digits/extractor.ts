import {
  type Artefact,
  artefactHashes,
  codeBytes,
  float64Bytes,
  float64Values,
  readCode,
} from '../../extractors/artefact.ts'
import { ArtefactError } from '../../extractors/errors.ts'
import { CLASSES, PIXELS } from './dataset.ts'
import { extractFeatures, type FeatureMap } from './features.ts'
import { CHECKPOINTS, type DigitModel, RECIPE } from './model.ts'

/** Name and version of the code of features.ts: another result for any image is another name. */
const DIGIT_EXTRACTOR = 'examples/digits@1'

/** The pixels and the constant 1. */
const INPUTS = PIXELS + 1
const RANK_MAX = INPUTS

/** What the digits' features are extracted with, as docs/features.md#the-extractors-folder has it. */
export function digitArtefact(map: FeatureMap, model: DigitModel): Artefact {
  const { rank, classes, checkpoints, unitExponent, projection } = map
  const settings = { inputs: INPUTS, rank, classes, checkpoints, unitExponent, recipe: RECIPE }
  return {
    code: codeBytes(DIGIT_EXTRACTOR, settings),
    weights: float64Bytes([model.weights, ...model.checkpoints]),
    basis: float64Bytes([projection.basis]),
  }
}

/**
 * The extractor of a folder, for `tally audit --re-extract`.
 *
 * @throws ArtefactError when the folder is another extractor's, or its files do not fit together
 */
export function openDigitExtractor(artefact: Artefact) {
  const { extractor, rank, unitExponent } = readCode(artefact)
  const refuse = (reason: string): never => {
    throw new ArtefactError({ file: 'extractor.json', reason })
  }
  if (extractor !== DIGIT_EXTRACTOR) return refuse(`it names ${extractor}; known here is ${DIGIT_EXTRACTOR}`)
  if (!isWhole(rank) || rank < 1 || rank > RANK_MAX) return refuse(`rank must be a whole number from 1 to ${RANK_MAX}`)
  if (!isWhole(unitExponent)) return refuse('unitExponent must be a whole number')
  const projection = { rank, basis: float64Values(artefact, 'basis', INPUTS * rank) }
  const layers = float64Values(artefact, 'weights', (1 + CHECKPOINTS) * CLASSES * rank)
  const layer = (index: number) => layers.slice(index * CLASSES * rank, (index + 1) * CLASSES * rank)
  const checkpoints = Array.from({ length: CHECKPOINTS }, (_, member) => layer(member + 1))
  const map: FeatureMap = {
    kind: 'factored',
    ...{ rank, classes: CLASSES, checkpoints: CHECKPOINTS, unitExponent, projection },
  }
  const model: DigitModel = { projection, weights: layer(0), checkpoints }
  return {
    hashes: artefactHashes(artefact),
    shape: { rank, classes: CLASSES, checkpoints: CHECKPOINTS, unitExponent },
    /** @throws DigitRangeError, FeatureOverflowError, NumericError for what is no digit of the map */
    extract: (payload: Uint8Array) => {
      const { a, ua, p, checkpoints: rows } = extractFeatures(map, model, payload)
      return { a, ua, p, checkpoints: rows.flat() }
    },
  }
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value)
}
