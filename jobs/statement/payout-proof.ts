import type { Manifest } from '../../anchor/manifest.ts'
import type { Receipt } from '../../anchor/verify/receipt.ts'
import { type Address, toHash32 } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import type { AccountRow } from '../publish/build-manifest.ts'
import { payoutsOf } from '../publish/payout-tree.ts'

/** The payout leaves of one account's rows, each with its proof; null for one that nothing was paid of yet. */
export async function provePayouts(
  ledger: Ledger,
  { epoch, payout }: Manifest,
  rows: readonly AccountRow[],
): Promise<Receipt['payout'][]> {
  const { chainId, distributor } = payout
  const account = rows[0]!.account as Address
  const tokens = rows.filter(({ cumulative }) => cumulative !== '0').map((row) => row.token as Address)
  const payouts = tokens.length === 0 ? [] : await payoutsOf(ledger, { epoch, payout, account, tokens })
  const leaves = new Map(
    payouts.map(({ cumulative, proof }, at) => [
      tokens[at]! as string,
      {
        ...{ chainId, distributor, account, token: tokens[at]! },
        ...{ cumulative: cumulative.toString(), proof: proof.map(toHash32) },
      },
    ]),
  )
  return rows.map(({ token }) => leaves.get(token) ?? null)
}
