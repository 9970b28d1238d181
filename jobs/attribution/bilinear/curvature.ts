import { errorBoundNano } from '../solver/certificate.ts'
import { Cholesky } from '../solver/cholesky.ts'

/** Solves with one matrix, the same bits each time. */
export interface Factor {
  /** With refinements: for what decides money. */
  solve(b: Float64Array): Float64Array
  /** Without: for bounds, and for what is only shown. */
  substitute(b: Float64Array): Float64Array
  /** `substitute` of many right-hand sides, count × D row by row: the same bits, sooner. */
  substituteAll(sides: Float64Array): Float64Array
}

/** K + λI of docs/attribution.md step 1, and what can be done with it. */
export interface Curvature {
  /** D. */
  readonly size: number
  readonly lambda: bigint
  readonly factor: Factor
  /** With λ + more. */
  ridged(more: bigint): Factor
  /** How far 2^exponent · x, solved with λ + more, may be from the exact solution, in 10^−9 (step 9). */
  errorNano(demand: readonly bigint[], x: Float64Array, exponent: number, more: bigint): bigint
}

/** λ = max(1, ⌊3·tr K / (10·D)⌋). @param k D × D, symmetric */
export function lambdaOf(k: BigInt64Array, size: number): bigint {
  let trace = 0n
  for (let i = 0; i < size; i++) trace += k[i * size + i]!
  const wanted = (3n * trace) / (10n * BigInt(size))
  return wanted < 1n ? 1n : wanted
}

/** With {@link lambdaOf}. @param k D × D, symmetric */
export function fullCurvature(k: BigInt64Array, size: number): Curvature {
  const lambda = lambdaOf(k, size)
  const ridged = (more: bigint) => new Cholesky(ridgedMatrix(k, size, lambda + more), size)
  return {
    size,
    lambda,
    factor: ridged(0n),
    ridged,
    errorNano: (demand, x, exponent, more) => errorBoundNano({ k, size, lambda: lambda + more, demand, x, exponent }),
  }
}

/** K = 0 and λ = 1: scores are plain dot products of gradients. */
export function noCurvature(size: number): Curvature {
  const factorOf = (ridge: number): Factor => {
    const divided = (b: Float64Array) => b.map((value) => value / ridge)
    return { solve: divided, substitute: divided, substituteAll: divided }
  }
  return {
    size,
    lambda: 1n,
    factor: factorOf(1),
    ridged: (more) => factorOf(Number(1n + more)),
    errorNano: (demand, x, exponent, more) => errorBoundNano({ k: null, size, lambda: 1n + more, demand, x, exponent }),
  }
}

/** One curvature for each member of an ensemble, whose cells follow one another. λ is the greatest of theirs. */
export function blockCurvature(blocks: readonly Curvature[]): Curvature {
  const size = blocks.reduce((sum, block) => sum + block.size, 0)
  const starts = blocks.map((_, at) => blocks.slice(0, at).reduce((sum, block) => sum + block.size, 0))
  const factorOf = (factors: readonly Factor[]): Factor => {
    const each = (b: Float64Array, solveOne: (factor: Factor, part: Float64Array) => Float64Array) => {
      const x = new Float64Array(size)
      for (const [at, factor] of factors.entries())
        x.set(solveOne(factor, b.slice(starts[at]!, starts[at]! + blocks[at]!.size)), starts[at]!)
      return x
    }
    const substitute = (b: Float64Array) => each(b, (factor, part) => factor.substitute(part))
    return {
      solve: (b) => each(b, (factor, part) => factor.solve(part)),
      substitute,
      substituteAll: (sides) => {
        const solutions = new Float64Array(sides.length)
        for (let at = 0; at < sides.length; at += size) solutions.set(substitute(sides.subarray(at, at + size)), at)
        return solutions
      },
    }
  }
  return {
    size,
    lambda: blocks.reduce((most, { lambda }) => (lambda > most ? lambda : most), 1n),
    factor: factorOf(blocks.map(({ factor }) => factor)),
    ridged: (more) => factorOf(blocks.map((block) => block.ridged(more))),
    errorNano: (demand, x, exponent, more) =>
      blocks
        .map((block, at) => {
          const end = starts[at]! + block.size
          return block.errorNano(demand.slice(starts[at]!, end), x.slice(starts[at]!, end), exponent, more)
        })
        .reduce((most, error) => (error > most ? error : most), 0n),
  }
}

/** K + λI with each entry rounded once to float64. */
export function ridgedMatrix(k: BigInt64Array, size: number, lambda: bigint): Float64Array {
  const matrix = new Float64Array(k.length)
  for (let cell = 0; cell < k.length; cell++) matrix[cell] = Number(k[cell]!)
  for (let i = 0; i < size; i++) matrix[i * size + i] = Number(k[i * size + i]! + lambda)
  return matrix
}
