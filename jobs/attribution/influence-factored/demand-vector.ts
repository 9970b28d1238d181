import { DOUBLE, INTEGER, LIST, listValue } from '@duckdb/node-api'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { roundHalfEven } from '../../integers.ts'
import { errorBoundNano } from '../solver/certificate.ts'
import { Cholesky } from '../solver/cholesky.ts'
import type { FeatureShape } from './item-matrix.ts'

const demandGradient = readSql(new URL('./demand-gradient.sql', import.meta.url))
const UNIT = 32_767
const TIE_DISTANCE = 1e-6
/** A tie that λ cannot move (K a multiple of I) stands: rint decides it. */
const RETRIES_MAX = 64

export interface DemandVector {
  readonly v: Int16Array
  readonly x: Float64Array
  readonly lambdaRetries: number
  readonly errorNano: bigint
}

/**
 * V of docs/attribution.md steps 7 and 8, also written to `demand_vector` (one row per class) for the values of items.
 *
 * @param k      K, whole numbers; not changed
 * @param factor of K + λI
 */
export async function solveDemand(
  warehouse: Database,
  shape: FeatureShape,
  k: Float64Array,
  lambda: bigint,
  factor: Cholesky,
): Promise<DemandVector> {
  const demand = await loadDemand(warehouse, shape)
  const vector = solve(demand, shape.rank * shape.classes, k, lambda, factor)
  await warehouse.run('CREATE OR REPLACE TEMP TABLE demand_vector (class INTEGER, v DOUBLE[])')
  const rows = Array.from({ length: shape.classes }, (_, c) => [
    c,
    listValue(Array.from(vector.v.subarray(c * shape.rank, (c + 1) * shape.rank))),
  ])
  await warehouse.append('demand_vector', [INTEGER, LIST(DOUBLE)], rows)
  return vector
}

async function loadDemand(warehouse: Database, { rank, classes }: FeatureShape): Promise<bigint[]> {
  const demand = new Array<bigint>(rank * classes).fill(0n)
  for (const row of await warehouse.all<{ cell: bigint; g: bigint }>(demandGradient, { rank, classes }))
    demand[Number(row.cell)] = row.g
  return demand
}

function solve(
  demand: readonly bigint[],
  size: number,
  k: Float64Array,
  lambda: bigint,
  factor: Cholesky,
): DemandVector {
  if (demand.every((value) => value === 0n)) {
    return { v: new Int16Array(size), x: new Float64Array(size), lambdaRetries: 0, errorNano: 0n }
  }
  const g = Float64Array.from(demand, Number)
  for (let lambdaRetries = 0; ; lambdaRetries++) {
    const used = lambda + BigInt(lambdaRetries)
    const x = (lambdaRetries === 0 ? factor : new Cholesky(withDiagonal(k, size, used), size)).solve(g)
    const largest = x.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    const scaled = x.map((value) => (UNIT * value) / largest)
    if (lambdaRetries < RETRIES_MAX && scaled.some(isNearTie)) continue
    return {
      v: Int16Array.from(scaled, roundHalfEven),
      x,
      lambdaRetries,
      errorNano: errorBoundNano(k, used, demand, x, BigInt(UNIT)),
    }
  }
}

function isNearTie(value: number): boolean {
  const size = Math.abs(value)
  return Math.abs(size - Math.floor(size) - 0.5) < TIE_DISTANCE
}

/** K + λI with each entry rounded once to float64. */
export function withDiagonal(k: Float64Array, size: number, lambda: bigint): Float64Array {
  const matrix = k.slice()
  for (let i = 0; i < size; i++) matrix[i * size + i] = Number(BigInt(k[i * size + i]!) + lambda)
  return matrix
}
