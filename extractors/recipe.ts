/** How a model is trained by stochastic gradient descent; published with it, because another recipe is another model. */
export interface Recipe {
  readonly passes: number
  readonly batch: number
  readonly stepSize: number
  /** Polyak's; 0 for none. */
  readonly momentum: number
  /** Weight decay. */
  readonly decay: number
  /** `linear`: large steps first, small ones to settle. */
  readonly schedule: 'constant' | 'linear'
}

export function stepSize(recipe: Recipe, pass: number): number {
  return recipe.schedule === 'linear' ? recipe.stepSize * (1 - pass / recipe.passes) : recipe.stepSize
}

/** Stochastic gradient descent with momentum and weight decay: one step against the mean of `count` gradients. */
export function descend(
  { weights, velocity, gradient }: { weights: Float64Array; velocity: Float64Array; gradient: Float64Array },
  recipe: Recipe,
  step: number,
  count: number,
): void {
  for (let w = 0; w < weights.length; w++) {
    const slope = gradient[w]! / count + recipe.decay * weights[w]!
    velocity[w] = recipe.momentum * velocity[w]! - step * slope
    weights[w]! += velocity[w]!
  }
}
