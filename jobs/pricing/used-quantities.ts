import { LIST, listValue, VARCHAR } from '@duckdb/node-api'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const usedQuantities = readSql(new URL('./used-quantities.sql', import.meta.url))
const addQuantities = readSql(new URL('./add-used-quantities.sql', import.meta.url))

/** Whose use of what, under which list. */
export interface UsedKey {
  readonly payer: string
  readonly priceList: string
  readonly unit: string
}

/** Looks up what payers used in earlier epochs: one statement for all keys, whatever lies behind them. */
export async function loadUsedQuantities(
  warehouse: Database,
  keys: readonly UsedKey[],
): Promise<(key: UsedKey) => bigint> {
  if (keys.length === 0) return () => 0n
  const texts = LIST(VARCHAR)
  const rows = await warehouse.all<{ payer: string; price_list: string; unit: string; quantity: bigint }>(
    usedQuantities,
    {
      payers: listValue(keys.map(({ payer }) => payer)),
      lists: listValue(keys.map(({ priceList }) => priceList)),
      units: listValue(keys.map(({ unit }) => unit)),
    },
    { payers: texts, lists: texts, units: texts },
  )
  const used = new Map(
    rows.map((row) => [textOf({ payer: row.payer, priceList: row.price_list, unit: row.unit }), row.quantity]),
  )
  return (key) => used.get(textOf(key)) ?? 0n
}

/** Adds an epoch's accepted uses to what payers used: prices of later epochs ask for it. Once an epoch, when it is closed. */
export async function addUsedQuantities(warehouse: Database, epoch: number): Promise<void> {
  await warehouse.run(addQuantities, { epoch })
}

function textOf({ payer, priceList, unit }: UsedKey): string {
  return JSON.stringify([payer, priceList, unit])
}
