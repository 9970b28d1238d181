import { type EpochBundle, type SaleRow, TABLES } from './bundle.ts'
import { assertSame, differ } from './difference.ts'
import { addTo } from './sums.ts'

const ADDRESS = /^0x[0-9a-f]{40}$/
const PRICE = /^[1-9]\d{0,28}$/
const PARTS_MAX = 1_000_000
const STATUSES = { share: /^(settled|taken|unfunded)$/, licence: /^(settled|taken|lapsed|unfunded)$/ }

/**
 * What the sales table proves by itself: no share is sold twice, and what was settled is what the lines of sellers and of owners
 * and the conservation of each token say. How owners divide the price of a licence is not public: it is the sum that is checked.
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
    if (row.kind === 'share' && settled.has(row.offer))
      differ('sales', `${TABLES.sales} row ${index} status (${row.offer})`, 'one settled acceptance of an offer', 'two')
    settled.add(row.offer)
    addTo(
      earned,
      payeeOf(row.kind === 'share' ? 'sale' : 'licence', { ...row, account: row.seller }),
      BigInt(row.price),
    )
    addTo(sold, row.token, BigInt(row.price))
  }
  checkLines(lines, earned)
  for (const [index, flow] of manifest.conservation.entries())
    assertSame('sales', `manifest.json conservation[${index}].sold`, (sold.get(flow.token) ?? 0n).toString(), flow.sold)
}

/** Lines of sales, each, and of licences, each asset's together. @throws DifferenceFound */
function checkLines(lines: EpochBundle['lines'], earned: ReadonlyMap<string, bigint>): void {
  const paid = new Map<string, { amount: bigint; index: number }>()
  for (const [index, line] of lines.entries()) {
    if (line.kind !== 'sale' && line.kind !== 'licence') continue
    const key = payeeOf(line.kind, line)
    paid.set(key, { amount: (paid.get(key)?.amount ?? 0n) + BigInt(line.amount), index })
  }
  for (const [key, { amount, index }] of paid)
    assertSame('sales', `${TABLES.lines} row ${index} amount`, (earned.get(key) ?? 0n).toString(), amount.toString())
  const unpaid = [...earned.keys()].find((key) => !paid.has(key))
  if (unpaid !== undefined) differ('sales', TABLES.lines, `a line for the sale ${unpaid}`, undefined)
}

function payeeOf(
  kind: 'sale' | 'licence',
  { account, token, asset }: { readonly account: string; readonly token: string; readonly asset: string },
): string {
  return JSON.stringify(kind === 'sale' ? [kind, account, token, asset] : [kind, token, asset])
}

function checkShape({ kind, seller, buyer, token, parts, price, status }: SaleRow, index: number): void {
  const where = (column: string) => `${TABLES.sales} row ${index} ${column}`
  for (const [column, text] of Object.entries({ seller, buyer, token }))
    if (!ADDRESS.test(text)) differ('sales', where(column), 'an address', text)
  if (kind !== 'share' && kind !== 'licence') differ('sales', where('kind'), 'share or licence', kind)
  if (kind === 'licence' && parts !== 0) differ('sales', where('parts'), '0 of a licence', parts)
  if (kind === 'share' && (parts < 1 || parts > PARTS_MAX)) differ('sales', where('parts'), '1 to 1,000,000', parts)
  if (!PRICE.test(price)) differ('sales', where('price'), 'an amount above 0', price)
  if (!STATUSES[kind].test(status)) differ('sales', where('status'), STATUSES[kind].source, status)
}
