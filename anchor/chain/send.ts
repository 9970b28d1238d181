import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Address,
  type Hex,
  keccak256,
  type LocalAccount,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem'
import { ask, type ChainConnection } from './connect.ts'
import {
  IntentMismatchError,
  NonceTakenError,
  NotFinalYetError,
  RpcRefusedError,
  RpcUnreachableError,
  TransactionRevertedError,
} from './errors.ts'
import { simulate } from './simulate.ts'
import type {
  IntendedTransaction,
  SettledTransaction,
  SignedTransaction,
  TransactionStore,
} from './transaction-store.ts'

/** How long to wait for finality, and how often to look. */
export interface WaitLimits {
  readonly poll_ms: number
  readonly timeout_ms: number
}

/** Who sends, where, and where it is written down. */
export interface SendContext {
  readonly connection: ChainConnection
  readonly store: TransactionStore
  readonly account: LocalAccount
  /** Default: {@link defaultWait} of the chain. */
  readonly wait?: WaitLimits
}

/** One thing to do on the chain. */
export interface Call {
  /** Name of the one thing this does, unique for ever; see `TransactionStore`. */
  readonly intent: string
  /** Null: creates a contract. */
  readonly to: Address | null
  readonly data: Hex
}

export interface Sent {
  /** `already-sent`: the intent had been confirmed by an earlier call, and still is on the chain. */
  readonly outcome: 'sent' | 'already-sent'
  readonly transaction: SettledTransaction
  readonly receipt: TransactionReceipt
}

/** Looks in a row that may find no node, or one that refuses to answer, before a call gives up. */
const FAILED_LOOKS_MAX = 5
/** Looks in a row that must find the nonce used and no receipt: one node behind a balancer may lag. */
const NONCE_TAKEN_LOOKS = 3
/** The signed gas is the estimate times this over 100: state may change before the block. */
const GAS_PERCENT = 130n
/** The signed fee pays for a base fee that doubled: about six full blocks. */
const BASE_FEE_FACTOR = 2n

/** A chain that finalizes takes a quarter of an hour in good times. */
export function defaultWait({ entry }: ChainConnection): WaitLimits {
  return entry.finalityTag === 'latest'
    ? { poll_ms: 50, timeout_ms: 30_000 }
    : { poll_ms: 4_000, timeout_ms: 3_600_000 }
}

/**
 * Sends a transaction for an intent, once: whatever fails or dies on the way, calling again with the same intent goes on
 * from what is stored, and never signs a second transaction.
 *
 * Done means: a block at the chain's finality tag covers a freshly fetched receipt, the block of that receipt is the one
 * the chain has at its height, and the status is success.
 *
 * @throws {@link SimulationFailedError}    it would fail now; nothing was signed
 * @throws {@link TransactionRevertedError} it is final and failed
 * @throws {@link NotFinalYetError} {@link RpcUnreachableError} retriable: call again
 * @throws {@link IntentMismatchError} {@link NonceTakenError}
 */
export async function sendOnce(context: SendContext, call: Call): Promise<Sent> {
  const signed = await signInTurn(context, call)
  if (signed.state === 'reverted') throw reverted(signed)
  // 3. Broadcast and watched. Killed anywhere here: the next call looks for the receipt and broadcasts the same bytes.
  const { receipt, transaction } = await settle(context, signed)
  // 4. The result is stored. Killed before: the next call looks for the receipt again.
  await context.store.save(transaction)
  if (transaction.state === 'reverted') throw reverted(transaction)
  return { outcome: signed.state === 'confirmed' ? 'already-sent' : 'sent', transaction, receipt }
}

type Signed = SignedTransaction | SettledTransaction

/** The last signature under way, for each account of a store: two at once would take the same nonce. */
const turns = new WeakMap<TransactionStore, Map<string, Promise<unknown>>>()

async function signInTurn(context: SendContext, call: Call): Promise<Signed> {
  const turnsOfStore = turns.get(context.store) ?? new Map<string, Promise<unknown>>()
  turns.set(context.store, turnsOfStore)
  const key = `${context.connection.entry.chainId}/${context.account.address}`
  const signNow = () => sign(context, call)
  const mine = (turnsOfStore.get(key) ?? Promise.resolve()).then(signNow, signNow)
  turnsOfStore.set(key, mine)
  return mine
}

async function sign(context: SendContext, { intent, to, data }: Call): Promise<Signed> {
  const { connection, store, account } = context
  const { chainId } = connection.entry
  const intended: IntendedTransaction = { state: 'intended', intent, chainId, from: account.address, to, data }
  const stored = await store.load(intent)
  if (stored !== undefined && stored.state !== 'intended') {
    assertSameCall(stored, intended)
    return stored
  }
  // 1. The intent is stored. Killed before or after: nothing was signed, the next call begins again.
  await store.save(intended)
  const gas = await simulate(connection, intended)
  const nonce = await nextNonce(context)
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce,
    ...(to === null ? {} : { to }),
    data,
    gas: (gas * GAS_PERCENT) / 100n,
    ...(await fees(connection)),
  })
  const signed: SignedTransaction = { ...intended, state: 'signed', nonce, raw, hash: keccak256(raw) }
  // 2. The bytes are stored. Killed before: nobody has seen them, the next call signs others. Killed after: the next call
  //    broadcasts these.
  await store.save(signed)
  return signed
}

/** While nothing is signed an intent may still change; afterwards its bytes exist. */
function assertSameCall(stored: Signed, wanted: IntendedTransaction): void {
  for (const field of ['chainId', 'from', 'to', 'data'] as const) {
    const [before, given] = [String(stored[field]), String(wanted[field])]
    if (before.toLowerCase() !== given.toLowerCase()) {
      throw new IntentMismatchError({ intent: wanted.intent, field, stored: before, given })
    }
  }
}

/** The nonce after all that the chain knows and all that is stored: stored bytes may still be waiting to be broadcast. */
async function nextNonce({ connection, store, account: { address } }: SendContext): Promise<number> {
  const { client, entry } = connection
  const used = await ask(connection, () => client.getTransactionCount({ address, blockTag: 'pending' }))
  const last = (await store.withNonceFrom(entry.chainId, address, used)).at(-1)
  return last === undefined ? used : last.nonce + 1
}

async function fees({ client, ...connection }: ChainConnection) {
  const { baseFeePerGas } = await ask(connection, () => client.getBlock())
  const maxPriorityFeePerGas = await ask(connection, () => client.estimateMaxPriorityFeePerGas({ chain: null }))
  return { maxPriorityFeePerGas, maxFeePerGas: (baseFeePerGas ?? 0n) * BASE_FEE_FACTOR + maxPriorityFeePerGas }
}

interface Settled {
  transaction: SettledTransaction
  receipt: TransactionReceipt
}

/** Broadcasts the same bytes until a final block has them; see {@link sendOnce}. */
async function settle(context: SendContext, signed: Signed): Promise<Settled> {
  const { intent, hash, from, nonce } = signed
  const { poll_ms, timeout_ms } = context.wait ?? defaultWait(context.connection)
  const deadline = performance.now() + timeout_ms
  let failed = 0
  let taken = 0
  for (;;) {
    let detail: string
    try {
      const look = await lookAt(context, signed)
      if (look.is === 'settled') return look
      taken = look.is === 'nonce-used' ? taken + 1 : 0
      detail = look.is === 'missing' ? await broadcast(context, signed) : look.is
      failed = 0
    } catch (error) {
      failed += 1
      const passing = error instanceof RpcUnreachableError || error instanceof RpcRefusedError
      if (!passing || failed >= FAILED_LOOKS_MAX) throw error
      detail = error.message
    }
    if (taken >= NONCE_TAKEN_LOOKS) throw new NonceTakenError({ intent, hash, from, nonce })
    if (performance.now() >= deadline) throw new NotFinalYetError({ intent, hash, waited_ms: timeout_ms, detail })
    await sleep(poll_ms)
  }
}

type Look = ({ is: 'settled' } & Settled) | { is: 'missing' } | { is: 'included, not final' } | { is: 'nonce-used' }

async function lookAt({ connection }: SendContext, signed: Signed): Promise<Look> {
  const { client, entry } = connection
  // The final nonce is read before the receipt: a transaction of ours that used it has its receipt by then.
  const finalNonce = await ask(connection, () =>
    client.getTransactionCount({ address: signed.from, blockTag: entry.finalityTag }),
  )
  const receipt = await freshReceipt(connection, signed.hash)
  if (receipt === undefined) return { is: finalNonce > signed.nonce ? 'nonce-used' : 'missing' }
  const final = await ask(connection, () => client.getBlock({ blockTag: entry.finalityTag }))
  if (final.number === null || receipt.blockNumber > final.number) return { is: 'included, not final' }
  const canonical = await ask(connection, () => client.getBlock({ blockNumber: receipt.blockNumber }))
  if (canonical.hash !== receipt.blockHash) return { is: 'included, not final' }
  const state = receipt.status === 'success' ? 'confirmed' : 'reverted'
  const { blockNumber, blockHash } = receipt
  return { is: 'settled', transaction: { ...signed, state, blockNumber, blockHash }, receipt }
}

async function freshReceipt(connection: ChainConnection, hash: Hex): Promise<TransactionReceipt | undefined> {
  try {
    return await ask(connection, () => connection.client.getTransactionReceipt({ hash }))
  } catch (error) {
    if (error instanceof TransactionReceiptNotFoundError) return undefined
    throw error
  }
}

/**
 * Broadcasts, with every stored transaction of a lower nonce that the chain does not have: one that was signed just before
 * a crash would otherwise hold up all later ones. What the node says is kept only as a detail: whether a broadcast worked
 * is read from the chain, never from the answer ("already known" and a lost answer are both successes).
 */
async function broadcast({ connection, store }: SendContext, signed: Signed): Promise<string> {
  const { client, entry } = connection
  const used = await ask(connection, () => client.getTransactionCount({ address: signed.from, blockTag: 'latest' }))
  const waiting = await store.withNonceFrom(entry.chainId, signed.from, used)
  let detail = 'broadcast, not included'
  for (const { raw, nonce } of waiting) {
    if (nonce > signed.nonce) break
    try {
      await ask(connection, () => client.sendRawTransaction({ serializedTransaction: raw }))
    } catch (error) {
      if (!(error instanceof RpcRefusedError)) throw error
      detail = error.message
    }
  }
  return detail
}

function reverted({ intent, hash, blockNumber }: SettledTransaction): TransactionRevertedError {
  return new TransactionRevertedError({ intent, hash, blockNumber })
}
