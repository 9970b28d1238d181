import type { ActContext } from '../../anchor/chain/act-once.ts'
import { type ClaimOutcome, claim } from '../../anchor/chain/claim.ts'
import type { Address } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import { accountRows, payoutTree } from '../publish/build-manifest.ts'
import { NothingToClaimError } from './errors.ts'

export interface ClaimOptions {
  readonly ledger: Ledger
  readonly chain: ActContext
  readonly account: Address
}

export interface Claimed {
  readonly account: Address
  readonly token: Address
  readonly epoch: number
  readonly cumulative: bigint
  readonly outcome: ClaimOutcome['outcome']
}

/**
 * Claims everything that an account earned up to the newest finalized epoch, in every token. Anyone may call it; the
 * contract pays the account.
 *
 * @throws NothingToClaimError when no finalized epoch pays the account
 */
export async function claimPayouts({ ledger, chain, account }: ClaimOptions): Promise<Claimed[]> {
  const row = await ledger.warehouse.one<{ epoch: number | null }>(
    "SELECT max(epoch) AS epoch FROM epoch WHERE state = 'finalized'",
  )
  const epoch = row?.epoch ?? 0
  const accounts = epoch === 0 ? [] : await accountRows(ledger.warehouse, epoch)
  const own = accounts.filter((each) => each.account === account && each.cumulative !== '0')
  if (own.length === 0) throw new NothingToClaimError({ account, epoch })
  const tree = await payoutTree(ledger, accounts)
  const claimed: Claimed[] = []
  for (const each of own) {
    const token = each.token as Address
    const cumulative = BigInt(each.cumulative)
    const proof = tree!.proofOf(account, token)
    const { outcome } = await claim(chain, {
      epoch: BigInt(epoch),
      account,
      token,
      cumulative_atoms: cumulative,
      proof,
    })
    claimed.push({ account, token, epoch, cumulative, outcome })
  }
  return claimed
}
