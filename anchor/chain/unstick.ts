import { ask } from './connect.ts'
import { RpcRefusedError } from './errors.ts'
import { feesOf, isBelowMarket, readMarket } from './fees.ts'
import type { SendContext } from './send-context.ts'
import { FeeCeilingError, NonceGapError, WalletShortError } from './sending-errors.ts'
import { assertFunds, inTurn, NONCES_AHEAD_MAX, signFiller, signReplacement } from './sign.ts'
import type { NumberedTransaction, SignedTransaction } from './transaction-store.ts'

/** Looks in a row at the same next nonce after which something is in the way. */
const STUCK_LOOKS = 8
/** Versions of one transaction, the first included: 1.125^10 is more than three times the first fee. */
const VERSIONS_MAX = 11

/** Why a transaction is not included yet; `because` is what an operator can change. */
export interface Waiting {
  readonly wait: string
  readonly because?: Error
}

/** What one call saw so far of an account's next nonce. A restart begins to count again, which only waits longer. */
export interface Patience {
  next: number
  looks: number
  /** Why nothing could be done about it the last time. */
  because?: Error | undefined
}

/**
 * Broadcasts a transaction, with every stored one of a lower nonce that the chain does not have: one that was signed just
 * before a crash would otherwise hold up all later ones. When the next nonce does not move for long, what holds it up is
 * replaced by the same call at a higher fee, or, when it is nobody's, filled.
 *
 * What the node says to a broadcast is kept only as a detail: whether it worked is read from the chain, never from the answer
 * ("already known" and a lost answer are both successes).
 *
 * @throws {@link NonceGapError} more nonces are missing than are filled
 */
export async function push(context: SendContext, signed: NumberedTransaction, patience: Patience): Promise<Waiting> {
  const { connection, store } = context
  const { client, entry } = connection
  const next = await ask(connection, () => client.getTransactionCount({ address: signed.from, blockTag: 'latest' }))
  const waiting = (await store.withNonceFrom(entry.chainId, signed.from, next)).filter(
    ({ nonce }) => nonce <= signed.nonce,
  )
  if (patience.next !== next) Object.assign(patience, { next, looks: 0, because: undefined })
  patience.looks += 1
  let wait = 'broadcast, not included'
  for (const each of waiting) {
    const refusal = await broadcast(context, each)
    if (refusal === undefined) continue
    wait = refusal
    const because = await missingFunds(context, each)
    if (because !== undefined) return { wait, because }
  }
  const head = waiting.find(({ nonce }) => nonce === next)
  if (patience.looks < STUCK_LOOKS) return waitingFor(wait, patience.because)
  const tried = await unblock(context, signed, { next, head, wait })
  Object.assign(patience, { looks: 0, because: tried.because })
  return tried
}

function waitingFor(wait: string, because: Error | undefined): Waiting {
  return because === undefined ? { wait } : { wait, because }
}

interface Blocked {
  readonly next: number
  /** The stored transaction with the next nonce, if it is one of ours. */
  readonly head: NumberedTransaction | undefined
  readonly wait: string
}

async function unblock(context: SendContext, signed: NumberedTransaction, blocked: Blocked): Promise<Waiting> {
  const { next, head, wait } = blocked
  if (head?.state === 'signed') return outbid(context, head, wait)
  return head === undefined && next < signed.nonce ? fill(context, signed, next) : { wait }
}

/** @returns what the node has against it */
async function broadcast({ connection }: SendContext, { versions }: NumberedTransaction): Promise<string | undefined> {
  try {
    const serializedTransaction = versions.at(-1)!.raw
    await ask(connection, () => connection.client.sendRawTransaction({ serializedTransaction }))
    return undefined
  } catch (error) {
    if (!(error instanceof RpcRefusedError)) throw error
    return error.message
  }
}

async function missingFunds({ connection }: SendContext, row: NumberedTransaction): Promise<Error | undefined> {
  const { gas, maxFeePerGas } = feesOf(row.versions.at(-1)!.raw)
  return refusalOf(() => assertFunds(connection, row.from, gas * maxFeePerGas))
}

/** Replaces what waits below the market, stored before it is broadcast at the next look. */
async function outbid(context: SendContext, head: SignedTransaction, wait: string): Promise<Waiting> {
  if (!isBelowMarket(feesOf(head.versions.at(-1)!.raw), await readMarket(context.connection))) return { wait }
  if (head.versions.length >= VERSIONS_MAX) return { wait: `${wait}; its fee was raised ${VERSIONS_MAX - 1} times` }
  const because = await refusalOf(() => inTurn(context, () => signReplacement(context, head)))
  return because === undefined ? { wait: 'replaced by one with higher fees' } : { wait, because }
}

/** Fills the next nonce when no node and no row of ours has anything for it: an earlier transaction was dropped for good. */
async function fill(context: SendContext, signed: NumberedTransaction, next: number): Promise<Waiting> {
  const { connection, account } = context
  if (signed.nonce - next > NONCES_AHEAD_MAX) {
    throw new NonceGapError({ from: signed.from, next, nonce: signed.nonce, fillable: NONCES_AHEAD_MAX })
  }
  const { address } = account
  const pending = await ask(connection, () => connection.client.getTransactionCount({ address, blockTag: 'pending' }))
  if (pending > next) return { wait: `nonce ${next} is under way by somebody else` }
  const because = await refusalOf(() => inTurn(context, () => signFiller(context, next)))
  return because === undefined ? { wait: `nonce ${next} was missing and is filled` } : { wait: 'waits', because }
}

/** What only an operator or time can change, as a value. */
async function refusalOf(work: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof WalletShortError || error instanceof FeeCeilingError) return error
    throw error
  }
}
