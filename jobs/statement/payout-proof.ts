import type { Manifest } from '../../anchor/manifest.ts'
import type { Receipt } from '../../anchor/verify/receipt.ts'
import type { Address, Hash32 } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import { type AccountRow, accountRows, payoutTree } from '../publish/build-manifest.ts'

/** The payout leaves of an account's rows, each with its proof. */
export async function provePayouts(
  ledger: Ledger,
  { epoch, payout: { chainId, distributor } }: Manifest,
  rows: readonly AccountRow[],
): Promise<Receipt['payout'][]> {
  const tree = await payoutTree(ledger, await accountRows(ledger.warehouse, epoch))
  return rows.map((row) => {
    const [account, token] = [row.account as Address, row.token as Address]
    const proof = tree!.proofOf(account, token) as Hash32[]
    return { chainId, distributor, account, token, cumulative: row.cumulative, proof }
  })
}
