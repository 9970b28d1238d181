import type { Database } from '../../pipelines/warehouse/database.ts'
import type { PriceRule } from '../../schemas/events.ts'
import type { PriceList } from './price.ts'

/** Every price list that was accepted, by its id, in accept order. */
export async function loadPriceLists(warehouse: Database): Promise<Map<string, PriceList>> {
  const rules = new Map<string, PriceRule[]>()
  for (const row of await warehouse.all('SELECT * FROM price_rule ORDER BY price_list, rule_index')) {
    const list = rules.get(row.price_list as string) ?? []
    rules.set(row.price_list as string, list)
    list.push({
      unit: row.unit as string,
      use: row.for_use as string,
      fromQuantity: row.from_quantity as bigint,
      fromMs: row.from_ms as bigint,
      untilMs: row.until_ms as bigint,
      pricePerMillion: row.price_per_million as bigint,
    })
  }
  const rows = await warehouse.all<{ price_list: string; model: string; token: string }>(
    'SELECT price_list, model, token FROM price_list ORDER BY epoch, ordinal',
  )
  return new Map(rows.map(({ price_list: id, model, token }) => [id, { model, token, rules: rules.get(id)! }]))
}
