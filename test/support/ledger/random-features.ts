/** A whole number from 0 to below. */
export type Random = (below: number) => number

/** A fixed sequence for each seed, so that a failure comes again (multiplier and increment of Numerical Recipes). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

export interface Shape {
  readonly rank: number
  readonly classes: number
  readonly checkpoints: number
}

export const SHAPE: Shape = { rank: 3, classes: 2, checkpoints: 2 }

/** What an extractor says of a content: a vector, its multiplier, what the model thinks of it. */
export interface Features {
  readonly vector: Int8Array
  readonly multiplier: number
  readonly p: number[]
  readonly checkpoints: number[]
  readonly label: number
}

/**
 * Features of a content of class `kind`: its vector leans towards the corner of its class and the model is right, more or
 * less surely, so that contents of a class help answers about that class.
 *
 * @param label what is claimed; another class than `kind` is a wrong label
 */
export function featuresOf(random: Random, shape: Shape, kind: number, label = kind): Features {
  const rows = Array.from({ length: shape.checkpoints + 1 }, () => probabilities(random, shape.classes, kind))
  return {
    vector: Int8Array.from({ length: shape.rank }, (_, j) => random(41) - 20 + ((j + kind) % 3 === 0 ? 40 : -20)),
    multiplier: 5_000 + random(30_000),
    p: rows[0]!,
    checkpoints: rows.slice(1).flat(),
    label,
  }
}

function probabilities(random: Random, classes: number, kind: number): number[] {
  const right = random(401) + 500
  const rest = Math.floor((1000 - right) / (classes - 1))
  return Array.from({ length: classes }, (_, c) => (c === kind ? right : rest))
}
