import { type Hex, type TransactionReceipt, TransactionReceiptNotFoundError } from 'viem'
import { believe } from './believe.ts'
import { ask, type ChainConnection } from './connect.ts'
import { NonceTakenError } from './errors.ts'
import type { BlockPlace } from './finality-memory.ts'
import { blockAt, finalBlockOf } from './second-opinion.ts'
import { isPassing, type Looked, lookUntil, type SendContext } from './send-context.ts'
import { RpcMalformedError } from './sending-errors.ts'
import { fillerIntent, NONCES_AHEAD_MAX } from './sign.ts'
import type {
  NumberedTransaction,
  OvertakenTransaction,
  SettledTransaction,
  SignedTransaction,
} from './transaction-store.ts'
import { type Patience, push } from './unstick.ts'

/** Looks in a row that must find the nonce used and no receipt: one node behind a balancer may lag. */
const NONCE_TAKEN_LOOKS = 3

/** How a transaction ended. */
export type Settled =
  | { readonly transaction: SettledTransaction; readonly receipt: TransactionReceipt }
  | { readonly transaction: OvertakenTransaction }

/**
 * Broadcasts and watches until a final block has one of the versions, or has used their nonce for something else; and stores
 * which.
 *
 * @throws {@link NotFinalYetError} and what `push`, `believe` and `ask` throw
 */
export async function settle(context: SendContext, signed: NumberedTransaction): Promise<Settled> {
  const { intent } = signed
  const patience: Patience = { next: -1, looks: 0 }
  let taken = 0
  const settled = await lookUntil(context, intent, async (): Promise<Looked<Settled>> => {
    // Another call of this process may have signed a version with higher fees meanwhile, or seen the end.
    const stored = await context.store.load(intent)
    if (stored?.state === 'overtaken') return { result: { transaction: stored } }
    const row = stored === undefined || stored.state === 'intended' ? signed : stored
    const look = await lookAt(context, row)
    if ('result' in look) return look
    taken = look.is === 'nonce-used' ? taken + 1 : 0
    if (taken >= NONCE_TAKEN_LOOKS) return giveUp(context, row)
    return look.is === 'missing' ? push(context, row, patience) : { wait: look.detail }
  })
  // The result is stored. Killed before: the next call looks for the receipt again.
  await context.store.save(settled.transaction)
  await settleEarlier(context, settled.transaction)
  return settled
}

type Look =
  | { readonly result: Settled }
  | { readonly is: 'missing' | 'waiting' | 'nonce-used'; readonly detail: string }

async function lookAt({ connection, store }: SendContext, row: NumberedTransaction): Promise<Look> {
  const { client, entry } = connection
  const { from: address, nonce } = row
  // The final nonce is read before the receipt: a transaction of ours that used it has its receipt by then.
  const finalNonce = await ask(connection, () => client.getTransactionCount({ address, blockTag: entry.finalityTag }))
  const receipt = await receiptOfAny(connection, row)
  if (receipt === undefined) {
    return finalNonce > nonce
      ? { is: 'nonce-used', detail: `nonce ${nonce} is used, by no version of this transaction` }
      : { is: 'missing', detail: 'not included' }
  }
  const final = await finalBlockOf(connection)
  if (receipt.blockNumber > final.number) return { is: 'waiting', detail: 'included, not final' }
  const canonical = await blockAt(connection, receipt.blockNumber)
  if (canonical?.hash !== receipt.blockHash) return { is: 'waiting', detail: 'included, not final' }
  const wait = await believe({ connection, store }, final, {
    what: `the receipt of ${receipt.transactionHash}`,
    mine: decisive(receipt),
    theirs: async (node) => {
      const other = await freshReceipt(node, receipt.transactionHash)
      return other === undefined ? undefined : decisive(other)
    },
  })
  if (wait !== undefined) return { is: 'waiting', detail: wait }
  return { result: { transaction: settledBy(row, receipt), receipt } }
}

function settledBy(row: NumberedTransaction, receipt: TransactionReceipt): SettledTransaction {
  const state = receipt.status === 'success' ? 'confirmed' : 'reverted'
  const { transactionHash: hash, blockNumber, blockHash } = receipt
  return { ...row, state, hash, blockNumber, blockHash }
}

function overtaken({ intent, chainId, from, to, data, nonce, versions }: NumberedTransaction): OvertakenTransaction {
  return { state: 'overtaken', intent, chainId, from, to, data, nonce, versions }
}

/** The receipt of the version that landed. At most one can: all have the same nonce. */
async function receiptOfAny(
  connection: Omit<ChainConnection, 'check'>,
  { versions }: NumberedTransaction,
): Promise<TransactionReceipt | undefined> {
  for (const { hash } of versions.toReversed()) {
    const receipt = await freshReceipt(connection, hash)
    if (receipt !== undefined) return receipt
  }
  return undefined
}

async function freshReceipt(node: Omit<ChainConnection, 'check'>, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    const receipt = await ask(node, () => node.client.getTransactionReceipt({ hash }))
    if (receipt.transactionHash === hash) return receipt
    const detail = `the receipt of ${receipt.transactionHash}`
    throw new RpcMalformedError({ endpoint: node.endpoint, method: 'eth_getTransactionReceipt', detail })
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}

/** What of a receipt decides anything; nodes differ in the rest. */
function decisive({ status, blockNumber, blockHash, contractAddress, logs }: TransactionReceipt) {
  const told = logs.map(({ address, topics, data, logIndex }) => ({ address, topics, data, logIndex }))
  return { status, block: { number: blockNumber, hash: blockHash } satisfies BlockPlace, contractAddress, logs: told }
}

/** The nonce is used by another transaction, in a final block; when a second node has to agree, it is asked too. */
async function giveUp({ connection, store }: SendContext, row: NumberedTransaction): Promise<Looked<Settled>> {
  const { intent, from, nonce, versions } = row
  // What was confirmed once stays: only a local chain that began anew comes here.
  if (row.state !== 'signed') throw new NonceTakenError({ intent, hash: versions.at(-1)!.hash, from, nonce })
  const wait = await believe({ connection, store }, await finalBlockOf(connection), {
    what: `whether ${intent} can still be included`,
    mine: false,
    theirs: async (node) => {
      const { finalityTag: blockTag } = node.entry
      const used = await ask(node, () => node.client.getTransactionCount({ address: from, blockTag }))
      return used <= nonce || (await receiptOfAny(node, row)) !== undefined
    },
  })
  return wait === undefined ? { result: { transaction: overtaken(row) } } : { wait }
}

/**
 * Brings earlier transactions of the account up to date that nobody may ask for again: those which were only sent because
 * this one waited for them. What a node does not say now is left for the next time.
 */
async function settleEarlier(
  context: SendContext,
  { chainId, from, nonce }: SettledTransaction | OvertakenTransaction,
) {
  const { store } = context
  const earlier = (await store.withNonceFrom(chainId, from, Math.max(0, nonce - NONCES_AHEAD_MAX))).filter(
    (each): each is SignedTransaction => each.state === 'signed' && each.nonce < nonce,
  )
  for (const row of earlier) {
    const look = await lookAt(context, row).catch((error: unknown) => {
      if (isPassing(error)) return undefined
      throw error
    })
    if (look === undefined) return
    if ('result' in look) await store.save(look.result.transaction)
    // Whoever had the nonce before sent theirs after all.
    else if (look.is === 'nonce-used' && row.intent === fillerIntent(chainId, from, row.nonce)) {
      await store.save(overtaken(row))
    }
  }
}
