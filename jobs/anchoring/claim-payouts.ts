import type { ActContext } from '../../anchor/chain/act-once.ts'
import { type ClaimOutcome, claim } from '../../anchor/chain/claim.ts'
import type { Address } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import { loadManifest } from '../publish/build-manifest.ts'
import { payoutsOf } from '../publish/payout-tree.ts'
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
  const own = await ledger.warehouse.all<{ token: Address }>(
    'SELECT token FROM account_total WHERE epoch = $epoch AND account = $account AND cumulative > 0 ORDER BY token',
    { epoch, account },
  )
  if (own.length === 0) throw new NothingToClaimError({ account, epoch })
  const tokens = own.map(({ token }) => token)
  const { payout } = await loadManifest(ledger.warehouse, epoch)
  const payouts = await payoutsOf(ledger, { epoch, payout, account, tokens })
  const claimed: Claimed[] = []
  for (const [at, token] of tokens.entries()) {
    const { cumulative, proof } = payouts[at]!
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
