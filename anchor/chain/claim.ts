import { type ActContext, actOnce } from './act-once.ts'
import { assertFinalityHolds } from './believe.ts'
import { type ClaimCall, encodeClaim, readClaimed, readEpoch, readTotals } from './distributor.ts'
import { EpochNotFinalizedError, TokenUnderfundedError } from './errors.ts'
import type { SettledTransaction } from './transaction-store.ts'

export type ClaimOutcome =
  | {
      readonly outcome: 'claimed'
      /** All that the account was ever paid of the token, in its smallest unit. */
      readonly claimed_atoms: bigint
      readonly transaction: SettledTransaction
    }
  | { readonly outcome: 'already-claimed'; readonly claimed_atoms: bigint }

/**
 * Claims what an account earned of a token up to an epoch, once. Anyone may; the account is paid.
 *
 * @throws {@link EpochNotFinalizedError}
 * @throws {@link TokenUnderfundedError} deposits do not cover the epoch's total of the token; nothing was sent
 * @throws {@link SimulationFailedError} with reason `InvalidProof()` when the proof is not of this epoch
 * Else as `sendOnce`.
 */
export async function claim(context: ActContext, call: ClaimCall): Promise<ClaimOutcome> {
  const { epoch, account, token, cumulative_atoms } = call
  await assertFinalityHolds(context, context.distributor)
  const claimedBefore = await readClaimed(context, call, { blockTag: 'latest' })
  if (claimedBefore < cumulative_atoms) await checkPayable(context, call)
  const acted = await actOnce(context, {
    name: `claim/${epoch}/${account.toLowerCase()}/${token.toLowerCase()}/${cumulative_atoms}`,
    data: encodeClaim(call),
    effect: async (at, when) => {
      const claimed = await readClaimed(at, call, when)
      return claimed >= cumulative_atoms ? claimed : undefined
    },
  })
  return acted.outcome === 'done'
    ? { outcome: 'claimed', claimed_atoms: acted.effect, transaction: acted.transaction }
    : { outcome: 'already-claimed', claimed_atoms: acted.effect }
}

async function checkPayable(context: ActContext, { epoch, token }: ClaimCall): Promise<void> {
  const record = await readEpoch(context, epoch, { blockTag: 'latest' })
  if (record?.state !== 'finalized') {
    throw new EpochNotFinalizedError({ epoch, state: record?.state ?? 'not proposed' })
  }
  const { total_atoms, deposited_atoms } = await readTotals(context, { epoch, token }, { blockTag: 'latest' })
  if (total_atoms > deposited_atoms) throw new TokenUnderfundedError({ epoch, token, total_atoms, deposited_atoms })
}
