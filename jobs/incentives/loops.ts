import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { FeeReturns, FeeUse, Returned } from './fee-returns.ts'

const payerFees = readSql(new URL('./payer-fees.sql', import.meta.url))
const payerData = readSql(new URL('./payer-data.sql', import.meta.url))

/** A payer to whom something of its own fees came back. */
export interface Loop {
  readonly payer: string
  readonly token: string
  readonly model: string
  readonly uses: number
  readonly fees: bigint
  /** As an owner or as the treasury, by cause. */
  readonly returned: readonly Returned[]
  /** What it earned in the epoch as a contributor of the model: of everybody's fees, of which its own are a part. */
  readonly dataPay: bigint
}

/**
 * Payers that are payees of the same fees, those with the highest fees first. A flag, not a verdict: who asks a model that they own a part
 * of pays the others for it.
 */
export async function loopsOf(warehouse: Database, epoch: number, returns: FeeReturns): Promise<Loop[]> {
  const rows = await warehouse.all<FeeUse & { payer: string; token: string; uses: bigint; fees: bigint }>(payerFees, {
    epoch,
  })
  const data = await warehouse.all<{ payer: string; token: string; model: string; amount: bigint }>(payerData, {
    epoch,
  })
  const loops = new Map<string, Loop>()
  for (const { payer, token, uses, fees, ...use } of rows) {
    const key = `${payer}/${token}/${use.model}`
    const before = loops.get(key)
    loops.set(key, {
      ...{ payer, token, model: use.model },
      uses: (before?.uses ?? 0) + Number(uses),
      fees: (before?.fees ?? 0n) + fees,
      returned: summed([...(before?.returned ?? []), ...returns.to(payer, use, fees)]),
      dataPay: data.find((each) => `${each.payer}/${each.token}/${each.model}` === key)?.amount ?? 0n,
    })
  }
  return [...loops.values()]
    .filter(({ returned, dataPay }) => returned.length > 0 || dataPay > 0n)
    .sort((a, b) => (a.fees === b.fees ? (a.payer < b.payer ? -1 : 1) : a.fees > b.fees ? -1 : 1))
}

function summed(parts: readonly Returned[]): Returned[] {
  const sums = new Map<string, Returned>()
  for (const { kind, asset, amount } of parts) {
    const key = `${kind}/${asset}`
    sums.set(key, { kind, asset, amount: (sums.get(key)?.amount ?? 0n) + amount })
  }
  return [...sums.values()]
}
