import { assertFinalityHolds, believe } from './believe.ts'
import type { DistributorAt, ReadAt } from './distributor.ts'
import { NonceTakenError, SimulationFailedError, TransactionRevertedError } from './errors.ts'
import type { FinalEpoch } from './finality-memory.ts'
import { finalBlockOf } from './second-opinion.ts'
import { type SendContext, sendOnce } from './send.ts'
import { type Looked, lookUntil } from './send-context.ts'
import type { SettledTransaction, StoredTransaction } from './transaction-store.ts'

/** A sender at a distributor. */
export interface ActContext extends SendContext, DistributorAt {}

/** Something that the contract does at most once, and whose effect can be read from it. */
export interface Act<Effect> {
  /** Name of the act, without chain and distributor. */
  readonly name: string
  readonly data: `0x${string}`
  /**
   * Reads the effect, undefined while it has not happened. Throws when something else happened instead, so that nothing is
   * sent and nothing is called done. It asks `at` and nobody else: that may be the second node.
   */
  readonly effect: (at: DistributorAt, when: ReadAt) => Promise<Effect | undefined>
  /** What the effect says of an epoch, to be held to the chain at the next act. */
  readonly epochOf?: (effect: Effect) => Omit<FinalEpoch, 'distributor'>
}

export type Acted<Effect> =
  | { readonly outcome: 'done'; readonly effect: Effect; readonly transaction: SettledTransaction }
  | { readonly outcome: 'already-done'; readonly effect: Effect }

/** Transactions for one act, each final and without effect before the next is signed: a bound on what failing costs. */
const TRIES_MAX = 8

/**
 * Does something at the distributor once, whoever else does it too: the contract is read first, and again at the end in a
 * final block. Only then it is done.
 *
 * A transaction that is final and failed, or whose nonce another one took, changed nothing: it is an error once, and the next
 * call sends another one, at most {@link TRIES_MAX} for one act.
 *
 * Errors as `sendOnce`, and those of `act.effect`.
 */
export async function actOnce<Effect>(context: ActContext, act: Act<Effect>): Promise<Acted<Effect>> {
  await assertFinalityHolds(context, context.distributor)
  const { intent, stored } = await openTry(context, act)
  if ((await act.effect(context, { blockTag: 'latest' })) === undefined) {
    const transaction = await sendUnlessOvertaken(context, act, intent)
    const effect = await finalEffect(context, act, intent)
    return transaction === undefined ? { outcome: 'already-done', effect } : { outcome: 'done', effect, transaction }
  }
  // Sent before a crash, perhaps by us: brings the store up to date, so that no later nonce waits for it.
  if (stored?.state === 'signed') await sendUnlessOvertaken(context, act, intent)
  return { outcome: 'already-done', effect: await finalEffect(context, act, intent) }
}

interface Try {
  readonly intent: string
  readonly stored: StoredTransaction | undefined
}

/** The first intent of the act that is not over without effect; the last one when all are. */
async function openTry(context: ActContext, { name }: { readonly name: string }): Promise<Try> {
  const { connection, distributor, store } = context
  const first = `${connection.entry.chainId}/${distributor.toLowerCase()}/${name}`
  for (let number = 1; ; number++) {
    const intent = number === 1 ? first : `${first}/try-${number}`
    const stored = await store.load(intent)
    const isOver = stored?.state === 'reverted' || stored?.state === 'overtaken'
    if (!isOver || number === TRIES_MAX) return { intent, stored }
  }
}

/** Undefined when ours failed because another transaction had the same effect first. */
async function sendUnlessOvertaken<Effect>(
  context: ActContext,
  act: Act<Effect>,
  intent: string,
): Promise<SettledTransaction | undefined> {
  try {
    return (await sendOnce(context, { intent, to: context.distributor, data: act.data })).transaction
  } catch (error) {
    const mayBeDone =
      error instanceof TransactionRevertedError ||
      error instanceof NonceTakenError ||
      error instanceof SimulationFailedError
    if (!mayBeDone || (await act.effect(context, { blockTag: 'latest' })) === undefined) throw error
    return undefined
  }
}

/** The effect in a final block, read there and nowhere else, believed and remembered. */
async function finalEffect<Effect>(context: ActContext, act: Act<Effect>, intent: string): Promise<Effect> {
  const { distributor } = context
  return lookUntil(context, intent, async (): Promise<Looked<Effect>> => {
    const final = await finalBlockOf(context.connection)
    const when = { blockNumber: final.number }
    const effect = await act.effect(context, when)
    if (effect === undefined) return { wait: 'its effect is not in a final block' }
    const epoch = act.epochOf?.(effect)
    const question = {
      what: `${act.name} at ${distributor} in block ${final.number}`,
      mine: effect,
      theirs: async (connection: DistributorAt['connection']) =>
        (await act.effect({ connection, distributor }, when)) ?? 'it has not happened',
    }
    const wait = await believe(context, final, question, {
      distributor,
      ...(epoch === undefined ? {} : { epoch: { ...epoch, distributor } }),
    })
    return wait === undefined ? { result: effect } : { wait }
  })
}
