import { BLOB, type DuckDBValue, INTEGER } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { Policy } from './policy.ts'

const PAGE_INFERENCES = 20_000

export interface Balance {
  readonly payer: string
  readonly token: string
  readonly amount: bigint
}

/**
 * Takes the fees of an epoch's inferences from what their payers deposited, in accept order (docs/formats.md#settlement
 * rule 2), and writes `funded`: one row for each inference whose fee was there. Runs inside the caller's transaction.
 *
 * @param policy  in force; undefined: nothing says how a fee is divided, so nothing is taken
 * @returns       balances afterwards, ascending by (payer, token), without those of 0
 */
export async function fundFees(
  warehouse: Database,
  epoch: number,
  before: readonly Balance[],
  policy: Policy | undefined,
): Promise<Balance[]> {
  const balances = new Map(before.map(({ payer, token, amount }) => [`${payer}/${token}`, amount]))
  const deposits = await warehouse.all<{ payer: string; token: string; amount: bigint }>(
    'SELECT payer, token, sum(amount)::HUGEINT AS amount FROM deposit WHERE epoch = $epoch GROUP BY payer, token',
    { epoch },
  )
  for (const { payer, token, amount } of deposits) {
    const key = `${payer}/${token}`
    balances.set(key, (balances.get(key) ?? 0n) + amount)
  }
  if (policy !== undefined) await takeFees(warehouse, epoch, policy, balances)
  return [...balances]
    .filter(([, amount]) => amount > 0n)
    .map(([key, amount]) => ({ payer: key.slice(0, key.indexOf('/')), token: key.slice(key.indexOf('/') + 1), amount }))
    .sort((a, b) => compareText(a.payer, b.payer) || compareText(a.token, b.token))
}

async function takeFees(
  warehouse: Database,
  epoch: number,
  policy: Policy,
  balances: Map<string, bigint>,
): Promise<void> {
  for (let after = -1n; ; ) {
    const page = await warehouse.all(
      `SELECT ordinal, inference, payer, token, fee FROM inference
       WHERE epoch = $epoch AND ordinal > $after ORDER BY ordinal LIMIT ${PAGE_INFERENCES}`,
      { epoch, after },
    )
    const last = page.at(-1)
    if (last === undefined) return
    const funded: DuckDBValue[][] = []
    for (const row of page) {
      const key = `${row.payer}/${row.token}`
      const balance = balances.get(key) ?? 0n
      const fee = row.fee as bigint
      if (fee === 0n || fee > balance) continue
      balances.set(key, balance - fee)
      funded.push([row.inference!, epoch, epoch + policy.featureWaitEpochs, policy.dataParts])
    }
    await warehouse.append('funded', [BLOB, INTEGER, INTEGER, INTEGER], funded)
    after = last.ordinal as bigint
  }
}

/** Order by the bytes of the text, as DuckDB and docs/formats.md have it. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
