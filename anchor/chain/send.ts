import type { TransactionReceipt } from 'viem'
import { assertFinalityHolds } from './believe.ts'
import { NonceTakenError, TransactionRevertedError } from './errors.ts'
import type { SendContext } from './send-context.ts'
import { settle } from './settle.ts'
import { type Call, inTurn, signCall } from './sign.ts'
import type { OvertakenTransaction, SettledTransaction } from './transaction-store.ts'

export type { SendContext } from './send-context.ts'
export type { Call } from './sign.ts'

// How a transaction is sent. Its state is a row of the store (`chain_transaction` in the warehouse); every step writes the row
// before it acts, so whoever dies is found where the row says, and the next call with the same intent goes on there.
//
// | state     | holds                                            | killed here, or on the way out of it                | next              |
// | --------- | ------------------------------------------------ | --------------------------------------------------- | ----------------- |
// | (no row)  | nothing                                          | nothing happened                                    | intended          |
// | intended  | what is to be done; nothing is signed            | begins again: simulate, nonce, fees, funds, sign    | signed            |
// | signed    | bytes of every version, the newest fees last;    | the same bytes are broadcast again; what landed is  | signed, confirmed,|
// |           | any of them may be in a mempool or in a block    | found by the receipt of any version                 | reverted, overtaken|
// | confirmed | a final block has one version, with success      | the receipt is read afresh; a local chain that lost | confirmed         |
// |           |                                                  | it gets the same bytes                              |                   |
// | reverted  | a final block has one version, and it failed     | nothing changed on chain                            | –                 |
// | overtaken | a final block used the nonce for something else  | no version can land any more                        | –                 |
//
// signed → signed is a replacement: same call, same nonce, higher fees (fees.ts, unstick.ts). Nonces never come from memory:
// they are read from the chain and the rows. Beside the rows stand the newest block and epoch that were taken as final
// (believe.ts): they are held to the chain before each signature and each belief, and when they changed the chain is halted.

export interface Sent {
  /** `already-sent`: the intent had been confirmed by an earlier call, and still is on the chain. */
  readonly outcome: 'sent' | 'already-sent'
  readonly transaction: SettledTransaction
  readonly receipt: TransactionReceipt
}

/**
 * Sends a transaction for an intent, once: whatever fails or dies on the way, calling again with the same intent goes on
 * from what is stored. Several versions may be signed for it, with growing fees; they share call and nonce, so one lands.
 *
 * Done means: a block at the chain's finality tag covers a freshly fetched receipt, the block of that receipt is the one
 * the chain has at its height, the status is success, and a second node says the same when there is one.
 *
 * @throws {@link SimulationFailedError}    it would fail now; nothing was signed
 * @throws {@link WalletShortError} {@link FeeCeilingError} retriable: it goes on by itself once that is over
 * @throws {@link TransactionRevertedError} it is final and failed
 * @throws {@link NonceTakenError}          another transaction has its nonce
 * @throws {@link NotFinalYetError} {@link RpcUnreachableError} {@link RpcMalformedError} retriable: call again
 * @throws {@link FinalityBrokenError} {@link ChainHaltedError} {@link RpcDisagreementError} {@link ChainIdMismatchError} stop
 * @throws {@link IntentMismatchError} {@link NonceGapError}
 */
export async function sendOnce(context: SendContext, call: Call): Promise<Sent> {
  await assertFinalityHolds(context)
  const stored = await inTurn(context, () => signCall(context, call))
  if (stored.state === 'reverted') throw reverted(stored)
  if (stored.state === 'overtaken') throw nonceTaken(stored)
  const settled = await settle(context, stored)
  if (!('receipt' in settled)) throw nonceTaken(settled.transaction)
  const { transaction, receipt } = settled
  if (transaction.state === 'reverted') throw reverted(transaction)
  return { outcome: stored.state === 'confirmed' ? 'already-sent' : 'sent', transaction, receipt }
}

function reverted({ intent, hash, blockNumber }: SettledTransaction): TransactionRevertedError {
  return new TransactionRevertedError({ intent, hash, blockNumber })
}

function nonceTaken({ intent, versions, from, nonce }: OvertakenTransaction): NonceTakenError {
  return new NonceTakenError({ intent, hash: versions.at(-1)!.hash, from, nonce })
}
