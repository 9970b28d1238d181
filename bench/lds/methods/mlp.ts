import { principalBasis, project } from '../../../extractors/basis.ts'
import { type LayerCurvature, mlpCurvature, rotate } from '../../../extractors/ekfac.ts'
import { type FactorPairs, mlpPairs, quantiseRows, restored } from '../../../extractors/factor-pairs.ts'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { denseAsRows, selectRows } from '../../../extractors/sparse-rows.ts'
import { MLP_HIDDEN } from '../learners.ts'
import type { Setting } from '../protocol.ts'
import { type EventRange, type Losses, linearDatamodelingScore } from '../score.ts'
import { type Gradients, lossesOf, subsetSums } from './bilinear.ts'
import { heldOutEvents, type Prediction, testedEvents } from './method.ts'

/** Factors of a layer's mean eigenvalue, of which one is chosen for all. */
const DAMPINGS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10]

/** One layer of one checkpoint, in the eigenvectors' coordinates. */
interface Layer {
  readonly gradients: Gradients
  /** Subsets × D. */
  readonly sums: Float64Array
  readonly values: Float64Array
}

/** Influence by EK-FAC on the event's side over int8 factor pairs of both layers, averaged over checkpoints; and gradient dot. */
export function predictMlp(setting: Setting, checkpoints: number, tempering: number): Prediction[] {
  const layers = layersOf(setting, checkpoints, tempering)
  const heldOut = heldOutEvents(setting)
  const tested = testedEvents(setting)
  const scores = DAMPINGS.map((damping) =>
    linearDatamodelingScore(setting.truth, lossesBy(setting, layers, damping, heldOut), heldOut),
  )
  const damping = DAMPINGS[scores.indexOf(Math.max(...scores))]!
  const { rank, data } = setting
  // The inputs once, then for each checkpoint errors of the hidden layer, what it lights, and errors of the output.
  const bytes = rank + 2 + checkpoints * (MLP_HIDDEN + 2 + MLP_HIDDEN + 1 + 2 + data.classes + 2)
  return [
    {
      name: `MLP, EK-FAC, ${checkpoints} checkpoints, int8, β = ${tempering}`,
      bytes,
      predicted: lossesBy(setting, layers, damping, tested),
      chosen: { damping },
    },
    {
      name: `MLP, gradient dot, ${checkpoints} checkpoints, int8`,
      bytes,
      predicted: lossesBy(setting, layersOf(setting, checkpoints, 0), undefined, tested),
    },
  ]
}

function layersOf({ data, ensemble, subsets, rank }: Setting, checkpoints: number, tempering: number): Layer[] {
  const random = Xoshiro128.fromSeed(data.seed).fork('eigenvectors')
  const { inputs, labels, classes, parts } = data
  const training = selectRows(inputs, [...Array(parts.train).keys()])
  const coordinates = quantiseRows(project(principalBasis(training, rank, random), inputs), rank)
  const shape = { inputs: inputs.size, hidden: MLP_HIDDEN, classes }
  return ensemble.members.slice(0, checkpoints).flatMap((weights) => {
    const looked = { coordinates: restored(coordinates), rank }
    const curvatures = mlpCurvature(weights, shape, inputs, parts.train, looked, random)
    const items = mlpPairs(weights, shape, inputs, labels, coordinates, tempering)
    const events = mlpPairs(weights, shape, inputs, labels, coordinates)
    return curvatures.map((curvature, index) => ({
      gradients: turnedBy(curvature, events[index]!),
      sums: subsetSums(turnedBy(curvature, items[index]!), subsets),
      values: curvature.values,
    }))
  })
}

function turnedBy({ inputs, outputs, inputVectors, errorVectors }: LayerCurvature, pairs: FactorPairs): Gradients {
  return {
    inputs: denseAsRows(rotate(restored(pairs.inputs), inputVectors, inputs), inputs),
    outputs,
    errors: rotate(restored(pairs.errors), errorVectors, outputs),
  }
}

/** @param damping undefined: no curvature, the gradients' own products */
function lossesBy(setting: Setting, layers: readonly Layer[], damping: number | undefined, range: EventRange): Losses {
  const { train } = setting.data.parts
  const values = new Float64Array((range.to - range.from) * setting.subsets.length)
  for (const { gradients, sums, values: eigenvalues } of layers) {
    const mean = eigenvalues.reduce((sum, value) => sum + value, 0) / eigenvalues.length
    const divided =
      damping === undefined
        ? sums
        : sums.map((sum, at) => sum / (eigenvalues[at % eigenvalues.length]! + damping * mean))
    const losses = lossesOf(gradients, train, range, divided)
    for (let at = 0; at < values.length; at++) values[at]! += losses.values[at]!
  }
  return { events: range.to - range.from, subsets: setting.subsets.length, values }
}
