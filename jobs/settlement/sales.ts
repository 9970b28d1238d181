import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { apportion } from './apportion.ts'
import { addTo, type Lines } from './lines.ts'
import { Owners } from './owners.ts'

const settledSales = readSql(new URL('./settled-sales.sql', import.meta.url))

interface SettledSale {
  readonly kind: 'share' | 'licence'
  readonly seller: string
  readonly token: string
  readonly asset: string
  readonly price: bigint
  /** Place of the acceptance in the accept order of the epoch. */
  readonly ordinal: bigint
}

/**
 * Adds what was paid for shares and for licences in the epoch to `lines` (docs/formats.md#settlement rule 6): the price of a share
 * is its seller's, that of a licence all owners' of the asset at its place.
 *
 * @returns token → what buyers paid
 */
export async function addSales(warehouse: Database, epoch: number, lines: Lines): Promise<Map<string, bigint>> {
  const sold = new Map<string, bigint>()
  const sales = await warehouse.all<SettledSale>(settledSales, { epoch })
  const licensed = new Set(sales.filter(({ kind }) => kind === 'licence').map(({ asset }) => asset))
  const owners = await Owners.load(warehouse, epoch, [...licensed])
  for (const { kind, seller, token, asset, price, ordinal } of sales) {
    addTo(sold, token, price)
    if (kind === 'share') lines.add({ account: seller, token, kind: 'sale', asset }, price)
    else
      for (const { account, amount } of ownersPay(owners, asset, ordinal, price))
        lines.add({ account, token, kind: 'licence', asset }, amount)
  }
  return sold
}

/** Each price by itself, over who owns the asset at the place of its acceptance. */
function ownersPay(
  owners: Owners,
  asset: string,
  ordinal: bigint,
  price: bigint,
): { readonly account: string; readonly amount: bigint }[] {
  const [own] = [...owners.in(asset, [owners.versionAt(asset, ordinal)])]
  const amounts = apportion(
    price,
    own!.map(({ parts }) => parts),
  )
  return own!.map(({ account }, index) => ({ account, amount: amounts[index]! }))
}
