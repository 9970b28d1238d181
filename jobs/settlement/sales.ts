import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { addTo, type Lines } from './lines.ts'

const saleSums = readSql(new URL('./sale-sums.sql', import.meta.url))

/**
 * Adds what sellers are owed for the shares that were sold in the epoch to `lines` (docs/formats.md#settlement rule 6).
 *
 * @returns token → what buyers paid
 */
export async function addSales(warehouse: Database, epoch: number, lines: Lines): Promise<Map<string, bigint>> {
  const sold = new Map<string, bigint>()
  const rows = await warehouse.all<{ seller: string; token: string; asset: string; amount: bigint }>(saleSums, {
    epoch,
  })
  for (const { seller, token, asset, amount } of rows) {
    lines.add({ account: seller, token, kind: 'sale', asset }, amount)
    addTo(sold, token, amount)
  }
  return sold
}
