import type { Manifest } from '../../anchor/manifest.ts'
import type { Receipt } from '../../anchor/verify/receipt.ts'
import { type Address, toHash32 } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import type { AccountRow } from '../publish/build-manifest.ts'
import { payoutsOf } from '../publish/payout-tree.ts'

/** The payout leaves of one account's rows, each with its proof. */
export async function provePayouts(
  ledger: Ledger,
  { epoch, payout }: Manifest,
  rows: readonly AccountRow[],
): Promise<Receipt['payout'][]> {
  const { chainId, distributor } = payout
  const account = rows[0]!.account as Address
  const tokens = rows.map((row) => row.token as Address)
  const payouts = await payoutsOf(ledger, { epoch, payout, account, tokens })
  return payouts.map(({ cumulative, proof }, at) => ({
    chainId,
    distributor,
    account,
    token: tokens[at]!,
    cumulative: cumulative.toString(),
    proof: proof.map(toHash32),
  }))
}
