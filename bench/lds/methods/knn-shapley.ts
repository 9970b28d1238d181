import { NEIGHBOURS, neighbourScores } from '../../../jobs/attribution/knn-shapley/knn-shapley.ts'
import type { FactoredRows } from '../../../jobs/attribution/rows.ts'
import type { Setting } from '../protocol.ts'
import type { Recorded } from './engine.ts'
import { lossesFromPairs, type Prediction, testedEvents } from './method.ts'

/** `knn-shapley@1` on the recorded int8 coordinates: no model is asked. */
export function predictKnnShapley(setting: Setting, { items, events }: Recorded<FactoredRows>): Prediction {
  const { scoresOf } = neighbourScores(items, events)
  const scores = new Float64Array(items.count)
  return {
    name: `knn-shapley@1 int8, r = ${items.rank}, K = ${NEIGHBOURS}`,
    bytes: items.rank + 2 + 2,
    predicted: lossesFromPairs(setting, testedEvents(setting), (event) => {
      scoresOf(event, scores)
      return scores
    }),
  }
}
