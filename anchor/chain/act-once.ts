import { setTimeout as sleep } from 'node:timers/promises'
import { atFinality, type DistributorAt, type ReadAt } from './distributor.ts'
import { NotFinalYetError, TransactionRevertedError } from './errors.ts'
import { defaultWait, type SendContext, sendOnce } from './send.ts'
import type { SettledTransaction } from './transaction-store.ts'

/** A sender at a distributor. */
export interface ActContext extends SendContext, DistributorAt {
  /**
   * Raise by one to send again after a transaction that is final and failed; default 0. A failed transaction changed
   * nothing, so this cannot do anything twice.
   */
  readonly retry?: number
}

/** Something that the contract does at most once, and whose effect can be read from it. */
export interface Act<Effect> {
  /** Name of the act, without chain and distributor. */
  readonly name: string
  readonly data: `0x${string}`
  /**
   * Reads the effect, undefined while it has not happened. Throws when something else happened instead, so that nothing is
   * sent and nothing is called done.
   */
  readonly effect: (when: ReadAt) => Promise<Effect | undefined>
}

export type Acted<Effect> =
  | { readonly outcome: 'done'; readonly effect: Effect; readonly transaction: SettledTransaction }
  | { readonly outcome: 'already-done'; readonly effect: Effect }

/**
 * Does something at the distributor once, whoever else does it too: the contract is read first, and again at the end at
 * the chain's finality. Only then it is done.
 *
 * Errors as `sendOnce`, and those of `act.effect`.
 */
export async function actOnce<Effect>(context: ActContext, act: Act<Effect>): Promise<Acted<Effect>> {
  const intent = intentOf(context, act.name)
  if ((await act.effect({ blockTag: 'latest' })) === undefined) {
    const transaction = await sendUnlessOvertaken(context, act, intent)
    const effect = await finalEffect(context, act, intent)
    return transaction === undefined ? { outcome: 'already-done', effect } : { outcome: 'done', effect, transaction }
  }
  // Sent before a crash, perhaps by us: brings the store up to date, so that no later nonce waits for it.
  const stored = await context.store.load(intent)
  if (stored?.state === 'signed') await sendUnlessOvertaken(context, act, intent)
  return { outcome: 'already-done', effect: await finalEffect(context, act, intent) }
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
    if (!(error instanceof TransactionRevertedError)) throw error
    if ((await act.effect({ blockTag: 'latest' })) === undefined) throw error
    return undefined
  }
}

async function finalEffect<Effect>(context: ActContext, act: Act<Effect>, intent: string): Promise<Effect> {
  const { poll_ms, timeout_ms } = context.wait ?? defaultWait(context.connection)
  const deadline = performance.now() + timeout_ms
  for (;;) {
    const effect = await act.effect(atFinality(context.connection))
    if (effect !== undefined) return effect
    if (performance.now() >= deadline) {
      throw new NotFinalYetError({ intent, waited_ms: timeout_ms, detail: 'its effect is not in a final block' })
    }
    await sleep(poll_ms)
  }
}

function intentOf({ connection, distributor, retry = 0 }: ActContext, name: string): string {
  const intent = `${connection.entry.chainId}/${distributor.toLowerCase()}/${name}`
  return retry === 0 ? intent : `${intent}/retry-${retry}`
}
