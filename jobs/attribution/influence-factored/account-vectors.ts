import { DOUBLE, HUGEINT, INTEGER, LIST, listValue, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { floorLog2, roundHalfEven } from '../../integers.ts'
import { WidthError } from '../errors.ts'
import type { Cholesky } from '../solver/cholesky.ts'
import type { FeatureShape } from './item-matrix.ts'

const accountGradients = readSql(new URL('./account-gradients.sql', import.meta.url))
const INT16_MAX = 32_767
const MANTISSA_BITS = 14
/** Exponents may differ by so much, so that T stays below 2^60. */
const EXPONENT_SPREAD_MAX = 20
const PSI_LIMIT = 1n << 62n

export interface AccountVector {
  readonly account: string
  readonly k: number
  /** Ŝ_c, class · rank + dim. */
  readonly sHat: Int16Array
}

/**
 * Ŝ_c of every account with a gradient (docs/attribution.md step 3), ascending by account; also written to
 * `account_vector` (one row per account and class) for the scores of events.
 */
export async function solveAccounts(
  warehouse: Database,
  shape: FeatureShape,
  factor: Cholesky,
): Promise<AccountVector[]> {
  const gradients = await loadGradients(warehouse, shape)
  const solved = [...gradients].map(([account, psi]) => {
    const s = factor.solve(psi)
    const largest = s.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    return { account, s, k: exponentOf(largest) }
  })
  const kMin = Math.min(...solved.map(({ k }) => k))
  const vectors = solved.map(({ account, s, k: own }) => {
    const k = Math.min(own, kMin + EXPONENT_SPREAD_MAX)
    return { account, k, sHat: Int16Array.from(s, (value) => roundHalfEven(value * 2 ** k)) }
  })
  await writeVectors(warehouse, shape, vectors)
  return vectors
}

/** Largest k for which rint(2^k · largest) fits 15 bits. */
function exponentOf(largest: number): number {
  const k = MANTISSA_BITS - floorLog2(largest)
  return roundHalfEven(largest * 2 ** k) > INT16_MAX ? k - 1 : k
}

async function loadGradients(warehouse: Database, shape: FeatureShape): Promise<Map<string, Float64Array>> {
  const { rank, classes } = shape
  const gradients = new Map<string, Float64Array>()
  const rows = await warehouse.all<{ account: string; cell: bigint; psi: bigint }>(accountGradients, { rank, classes })
  for (const { account, cell, psi } of rows) {
    if (psi >= PSI_LIMIT || psi <= -PSI_LIMIT) throw new WidthError({ what: 'The gradient sum', items: rows.length })
    const gradient = gradients.get(account) ?? new Float64Array(rank * classes)
    gradient[Number(cell)] = Number(psi)
    gradients.set(account, gradient)
  }
  for (const [account, gradient] of gradients) if (gradient.every((value) => value === 0)) gradients.delete(account)
  return gradients
}

async function writeVectors(
  warehouse: Database,
  shape: FeatureShape,
  vectors: readonly AccountVector[],
): Promise<void> {
  const kMax = Math.max(...vectors.map(({ k }) => k))
  await warehouse.run(
    'CREATE OR REPLACE TEMP TABLE account_vector (account VARCHAR, class INTEGER, shift HUGEINT, s_hat DOUBLE[])',
  )
  const rows = vectors.flatMap(({ account, k, sHat }) =>
    Array.from({ length: shape.classes }, (_, c) => [
      account,
      c,
      1n << BigInt(kMax - k),
      listValue(Array.from(sHat.subarray(c * shape.rank, (c + 1) * shape.rank))),
    ]),
  )
  await warehouse.append('account_vector', [VARCHAR, INTEGER, HUGEINT, LIST(DOUBLE)], rows)
}
