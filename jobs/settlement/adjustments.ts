import { HUGEINT, INTEGER, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { CarryState, Reserve } from '../carry-state.ts'
import { type Adjusted, adjust, type Delta } from './adjust.ts'
import { AdjustmentNotRerunError } from './errors.ts'
import { addTo, type Line } from './lines.ts'

const deltasOfEpoch = readSql(new URL('./deltas-of-epoch.sql', import.meta.url))
const notRerun = readSql(new URL('./adjustments-not-rerun.sql', import.meta.url))

/**
 * What adjustments do in an epoch: those accepted in it add what their reruns found, then all that is owed is netted and paid as far
 * as it can be (see {@link adjust}).
 *
 * @param after  the state that the epoch leaves but for adjustments
 * @param earned lines of the epoch so far
 * @throws AdjustmentNotRerunError
 */
export async function settleAdjustments(
  warehouse: Database,
  epoch: number,
  after: CarryState,
  earned: readonly Line[],
): Promise<Adjusted> {
  const missing = await warehouse.one<{ adjustment: string }>(notRerun, { epoch })
  if (missing !== undefined) throw new AdjustmentNotRerunError({ epoch, adjustment: missing.adjustment })
  const adjusted = adjust(after, await warehouse.all<Delta>(deltasOfEpoch, { epoch }), earned)
  const taken = takenOf(after.reserves, adjusted.books.reserves)
  await warehouse.append(
    'reserve_taken',
    [INTEGER, INTEGER, VARCHAR, VARCHAR, HUGEINT],
    taken.map(({ epoch: since, model, token, amount }) => [epoch, since, model, token, amount]),
  )
  return adjusted
}

/** What was taken of a reserve, or is to be. */
interface Taken {
  readonly epoch: number
  readonly model: string
  readonly token: string
  readonly amount: bigint
}

function takenOf(before: readonly Reserve[], after: readonly Reserve[]): Taken[] {
  const left = new Map(after.map((reserve) => [keyOf(reserve), BigInt(reserve.amount)]))
  return before
    .map((reserve) => ({ ...reserve, amount: BigInt(reserve.amount) - (left.get(keyOf(reserve)) ?? 0n) }))
    .filter(({ amount }) => amount > 0n)
}

/**
 * In a rerun: nothing is found, netted or paid, but what adjustments took of reserves in the epoch is gone again, as far as it is there.
 * It stands with what was recovered, so that no atom is lost.
 */
export async function takeReservesAgain(warehouse: Database, epoch: number, after: CarryState): Promise<Adjusted> {
  const rows = await warehouse.all<Taken>(
    'SELECT reserve_epoch AS epoch, model, token, amount FROM reserve_taken WHERE epoch = $epoch',
    { epoch },
  )
  const taken = new Map(rows.map((row) => [keyOf(row), row.amount]))
  const recoveries = new Map(after.recoveries.map(({ token, amount }) => [token, BigInt(amount)]))
  const reserves = after.reserves.flatMap((reserve) => {
    const [there, wanted] = [BigInt(reserve.amount), taken.get(keyOf(reserve)) ?? 0n]
    const part = wanted < there ? wanted : there
    addTo(recoveries, reserve.token, part)
    return part === there ? [] : [{ ...reserve, amount: `${there - part}` }]
  })
  return {
    books: {
      owed: after.owed,
      recoveries: [...recoveries].map(([token, amount]) => ({ amount: `${amount}`, token })),
      reserves,
    },
    netted: new Map(),
    lines: [],
  }
}

function keyOf({ epoch, model, token }: { readonly epoch: number; readonly model: string; readonly token: string }) {
  return JSON.stringify([epoch, model, token])
}
