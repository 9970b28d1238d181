import { type EpochBundle, type SaleRow, TABLES } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import { addTo } from './sums.ts'

const ADDRESS = /^0x[0-9a-f]{40}$/
const PRICE = /^[1-9]\d{0,28}$/
const PARTS_MAX = 1_000_000

/**
 * What the sales table proves by itself: no offer is settled twice, and what was settled is what sellers' lines and the
 * conservation of each token say.
 *
 * @throws DifferenceFound
 */
export function checkSales({ sales, lines, manifest }: EpochBundle): void {
  const settled = new Set<string>()
  const earned = new Map<string, bigint>()
  const sold = new Map<string, bigint>()
  for (const [index, row] of sales.entries()) {
    checkShape(row, index)
    if (row.status !== 'settled') continue
    if (settled.has(row.offer))
      differ('sales', `${TABLES.sales} row ${index} status (${row.offer})`, 'one settled acceptance of an offer', 'two')
    settled.add(row.offer)
    addTo(earned, JSON.stringify([row.seller, row.token, row.asset]), BigInt(row.price))
    addTo(sold, row.token, BigInt(row.price))
  }
  for (const [index, { account, token, kind, asset, amount }] of lines.entries()) {
    if (kind !== 'sale') continue
    const key = JSON.stringify([account, token, asset])
    assertSame('sales', `${TABLES.lines} row ${index} amount`, (earned.get(key) ?? 0n).toString(), amount)
    earned.delete(key)
  }
  const [unpaid] = earned.keys()
  if (unpaid !== undefined) differ('sales', TABLES.lines, `a line for the sale ${unpaid}`, undefined)
  for (const [index, flow] of manifest.conservation.entries())
    assertSame('sales', `manifest.json conservation[${index}].sold`, (sold.get(flow.token) ?? 0n).toString(), flow.sold)
}

function checkShape({ seller, buyer, token, parts, price, status }: SaleRow, index: number): void {
  const where = (column: string) => `${TABLES.sales} row ${index} ${column}`
  for (const [column, text] of Object.entries({ seller, buyer, token }))
    if (!ADDRESS.test(text)) differ('sales', where(column), 'an address', text)
  if (parts < 1 || parts > PARTS_MAX) differ('sales', where('parts'), '1 to 1,000,000', parts)
  if (!PRICE.test(price)) differ('sales', where('price'), 'an amount above 0', price)
  if (!/^(settled|taken|unfunded)$/.test(status)) differ('sales', where('status'), 'settled, taken or unfunded', status)
}
