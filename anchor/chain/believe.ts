import type { Address } from 'viem'
import { assertSameChain } from './connect.ts'
import { readEpoch } from './distributor.ts'
import type { BlockPlace, FinalEpoch, Halt } from './finality-memory.ts'
import { blockAt, finalBlockOf, type Question, whyWaitForSecond } from './second-opinion.ts'
import { isPassing, type SendContext } from './send-context.ts'
import { ChainBehindError, ChainHaltedError, FinalityBrokenError, RpcDisagreementError } from './sending-errors.ts'
import type { TransactionStore } from './transaction-store.ts'

type Believer = Pick<SendContext, 'connection' | 'store'>

/**
 * Holds what was taken as final to what the chain says now. Before anything is signed, and again before anything is believed.
 *
 * A chain whose finality tag is `latest` (the local one) finalizes nothing: what it lost is sent again, and nothing is
 * remembered of it.
 *
 * @throws {@link ChainHaltedError}    an earlier act found it broken
 * @throws {@link FinalityBrokenError} it is broken now; from here on the chain is halted in the store
 * @throws {@link ChainBehindError}    the node does not have the remembered block yet
 * @throws {@link ChainIdMismatchError} {@link RpcDisagreementError}
 */
export async function assertFinalityHolds(believer: Believer, distributor?: Address): Promise<void> {
  const { connection, store } = believer
  const { chainId, finalityTag } = connection.entry
  const halt = await store.haltOf(chainId)
  if (halt !== undefined) throw new ChainHaltedError({ ...halt })
  await assertSameChain(connection)
  const remembered = finalityTag === 'latest' ? undefined : await store.finalBlock(chainId)
  if (remembered === undefined) return
  const found = await blockAt(connection, remembered.number)
  const behind = { endpoint: connection.endpoint, finalBlock: remembered.number, finalHash: remembered.hash }
  if (found === undefined) throw new ChainBehindError(behind)
  if (found.hash !== remembered.hash) await blockChanged(believer, remembered, found)
  const epoch = distributor === undefined ? undefined : await store.finalEpoch(chainId, distributor)
  if (epoch === undefined) return
  const final = await finalBlockOf(connection)
  if (final.number < remembered.number) throw new ChainBehindError(behind)
  const record = await readEpoch({ connection, distributor: epoch.distributor }, epoch.epoch, {
    blockNumber: final.number,
  })
  const now = record && { state: record.state, attempt: record.content.attempt, recordHash: record.recordHash }
  if (now === undefined || !mayFollow(epoch, now)) {
    const what = `epoch ${epoch.epoch} of ${epoch.distributor}`
    await halted(store, { chainId, what, remembered: textOf(epoch), found: textOf(now) })
  }
}

/**
 * Takes what was read at a final block as true: when what was final before still is, and the second node says the same. It is
 * remembered, so that the next act notices a change.
 *
 * @param block of the first node, final there
 * @param at    the distributor whose newest final epoch is held to what was remembered, and what the block says of an epoch
 * @returns why to wait, undefined once it is believed
 * @throws  as {@link assertFinalityHolds} and `whyWaitForSecond`
 */
export async function believe(
  { connection, store }: Believer,
  block: BlockPlace,
  question: Question,
  at: { distributor?: Address; epoch?: FinalEpoch } = {},
): Promise<string | undefined> {
  await assertFinalityHolds({ connection, store }, at.distributor)
  const wait = await whyWaitForSecond(connection, block, question)
  const { chainId, finalityTag } = connection.entry
  if (wait !== undefined || finalityTag === 'latest') return wait
  const before = await store.finalBlock(chainId)
  const newest = before !== undefined && before.number > block.number ? before : block
  await store.remember(chainId, newest, await newestEpoch(store, chainId, at.epoch))
  return undefined
}

async function newestEpoch(
  store: TransactionStore,
  chainId: number,
  epoch?: FinalEpoch,
): Promise<FinalEpoch | undefined> {
  if (epoch === undefined) return undefined
  const before = await store.finalEpoch(chainId, epoch.distributor)
  return before !== undefined && before.epoch > epoch.epoch ? before : epoch
}

/** What a record may become: its next state, or after a veto the next attempt. */
function mayFollow(was: FinalEpoch, now: Pick<FinalEpoch, 'state' | 'attempt' | 'recordHash'>): boolean {
  const isOver = was.state === 'finalized' || was.state === 'revoked'
  if (now.attempt > was.attempt) return !isOver
  if (now.attempt !== was.attempt || now.recordHash !== was.recordHash) return false
  return FOLLOWING[was.state].includes(now.state)
}

const FOLLOWING: Readonly<Record<FinalEpoch['state'], readonly FinalEpoch['state'][]>> = {
  proposed: ['proposed', 'vetoed', 'finalized', 'revoked'],
  vetoed: ['vetoed'],
  finalized: ['finalized', 'revoked'],
  revoked: ['revoked'],
}

/** Where the second node still has the block, the two disagree, and finality is not broken. */
async function blockChanged(
  { connection, store }: Believer,
  remembered: BlockPlace,
  found: BlockPlace,
): Promise<never> {
  const { entry, endpoint, check } = connection
  const what = `block ${remembered.number}`
  if (check !== undefined) {
    const second = await blockAt(check, remembered.number).catch((error: unknown) => {
      // A second node that is away takes nothing from the alarm.
      if (isPassing(error)) return undefined
      throw error
    })
    if (second?.hash === remembered.hash) {
      const checkAnswer = `${second.hash}, as it was final before`
      throw new RpcDisagreementError({ what, endpoint, answer: found.hash, checkEndpoint: check.endpoint, checkAnswer })
    }
  }
  return halted(store, { chainId: entry.chainId, what, remembered: remembered.hash, found: found.hash })
}

async function halted(store: TransactionStore, halt: Halt): Promise<never> {
  // Stored before it is said. Killed before: the next act finds the same and stops here again.
  await store.halt(halt)
  throw new FinalityBrokenError({ ...halt })
}

function textOf(epoch: Pick<FinalEpoch, 'state' | 'attempt' | 'recordHash'> | undefined): string {
  return epoch === undefined ? 'never proposed' : `${epoch.state}, attempt ${epoch.attempt}, record ${epoch.recordHash}`
}
