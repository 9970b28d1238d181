import { type Address, type Hex, keccak256 } from 'viem'
import { assertFinalityHolds } from './believe.ts'
import { ask, type ChainConnection } from './connect.ts'
import { IntentMismatchError } from './errors.ts'
import { type Fees, feesFor, feesOf, readMarket, replacementFees } from './fees.ts'
import type { SendContext } from './send-context.ts'
import { NonceGapError, WalletShortError } from './sending-errors.ts'
import { simulate } from './simulate.ts'
import type {
  IntendedTransaction,
  NumberedTransaction,
  OvertakenTransaction,
  SignedTransaction,
  SignedVersion,
  StoredTransaction,
  TransactionStore,
} from './transaction-store.ts'

/** One thing to do on the chain. */
export interface Call {
  /** Name of the one thing this does, unique for ever; see `TransactionStore`. */
  readonly intent: string
  /** Null: creates a contract. */
  readonly to: Address | null
  readonly data: Hex
}

/** The signed gas is the estimate times this over 100: state may change before the block. */
const GAS_PERCENT = 130n
/** Of a transfer to an account without code. */
const FILLER_GAS = 21_000n
/** Most nonces between the chain's next one and ours that others may hold: a node that names more is not followed. */
export const NONCES_AHEAD_MAX = 64

/** The last signature under way, for each account of a store: two at once would take the same nonce. */
const turns = new WeakMap<TransactionStore, Map<string, Promise<unknown>>>()

/** Runs `work` when nothing else signs for the account and the store in this process. */
export function inTurn<Result>(context: SendContext, work: () => Promise<Result>): Promise<Result> {
  const turnsOfStore = turns.get(context.store) ?? new Map<string, Promise<unknown>>()
  turns.set(context.store, turnsOfStore)
  const key = `${context.connection.entry.chainId}/${context.account.address}`
  const mine = (turnsOfStore.get(key) ?? Promise.resolve()).then(work, work)
  turnsOfStore.set(key, mine)
  return mine
}

/**
 * The transaction of a call as it is stored, signed first when it is not: intent, simulation, nonce, fees, funds, signature, bytes.
 *
 * @throws {@link SimulationFailedError} {@link IntentMismatchError} {@link WalletShortError} {@link FeeCeilingError}
 *         {@link NonceGapError}; nothing was signed
 */
export async function signCall(
  context: SendContext,
  { intent, to, data }: Call,
): Promise<NumberedTransaction | OvertakenTransaction> {
  const { connection, store, account } = context
  const { chainId } = connection.entry
  const intended: IntendedTransaction = { state: 'intended', intent, chainId, from: account.address, to, data }
  const stored = await store.load(intent)
  if (stored !== undefined && stored.state !== 'intended') {
    assertSameCall(stored, intended)
    return stored
  }
  // Killed before or after the intent is stored: nothing was signed, the next call begins again.
  await store.save(intended)
  const gas = ((await simulate(connection, intended)) * GAS_PERCENT) / 100n
  const nonce = await nextNonce(context)
  const fees = feesFor(connection.entry, await readMarket(connection))
  await assertFunds(connection, account.address, gas * fees.maxFeePerGas)
  const signed = { ...intended, state: 'signed', nonce } as const
  return save(context, { ...signed, versions: [await signVersion(context, { ...signed, gas, fees })] })
}

/**
 * Adds a version with higher fees to a transaction that waits below the market.
 *
 * @returns what is stored now; unchanged when the newest version is not below it, or has the most bumps already
 * @throws  {@link FeeCeilingError} {@link WalletShortError} nothing was signed
 */
export async function signReplacement(context: SendContext, row: SignedTransaction): Promise<StoredTransaction> {
  const { connection, store, account } = context
  const stored = await store.load(row.intent)
  // Another call of this process may have been here before.
  if (stored?.state !== 'signed' || stored.versions.length !== row.versions.length) return stored ?? row
  const { gas, ...replaced } = feesOf(stored.versions.at(-1)!.raw)
  const market = await readMarket(connection)
  const fees = replacementFees(connection.entry, replaced, market)
  await assertFunds(connection, account.address, gas * fees.maxFeePerGas)
  return save(context, {
    ...stored,
    versions: [...stored.versions, await signVersion(context, { ...stored, gas, fees })],
  })
}

/**
 * Signs a transfer of nothing to the account itself, for a nonce that nobody uses and that ours wait for.
 *
 * Should whoever had it before still send theirs, one of the two lands, and either way the nonce is used.
 */
export async function signFiller(context: SendContext, nonce: number): Promise<StoredTransaction> {
  const { connection, store, account } = context
  const { address: from } = account
  const { chainId } = connection.entry
  const intent = fillerIntent(chainId, from, nonce)
  const stored = await store.load(intent)
  if (stored !== undefined && stored.state !== 'intended') return stored
  const filler = { intent, chainId, from, to: from, data: '0x' } as const
  await store.save({ ...filler, state: 'intended' })
  const fees = feesFor(connection.entry, await readMarket(connection))
  await assertFunds(connection, from, FILLER_GAS * fees.maxFeePerGas)
  const signed = { ...filler, state: 'signed', nonce } as const
  return save(context, { ...signed, versions: [await signVersion(context, { ...signed, gas: FILLER_GAS, fees })] })
}

export function fillerIntent(chainId: number, from: Address, nonce: number): string {
  return `${chainId}/${from.toLowerCase()}/fill/${nonce}`
}

async function save(context: SendContext, signed: SignedTransaction): Promise<SignedTransaction> {
  await context.store.save(signed)
  return signed
}

interface Unsigned {
  readonly to: Address | null
  readonly data: Hex
  readonly nonce: number
  readonly gas: bigint
  readonly fees: Fees
}

async function signVersion(context: SendContext, unsigned: Unsigned): Promise<SignedVersion> {
  const { to, data, nonce, gas, fees } = unsigned
  const { connection, account } = context
  const { chainId } = connection.entry
  // The last thing before a signature: nonce and fees of another chain behind the same URL are worth nothing.
  await assertFinalityHolds(context)
  const recipient = to === null ? {} : { to }
  const raw = await account.signTransaction({ type: 'eip1559', chainId, nonce, ...recipient, data, gas, ...fees })
  return { raw, hash: keccak256(raw) }
}

/** While nothing is signed an intent may still change; afterwards its bytes exist. */
function assertSameCall(stored: NumberedTransaction | OvertakenTransaction, wanted: IntendedTransaction): void {
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
  const mined = await ask(connection, () => client.getTransactionCount({ address, blockTag: 'latest' }))
  const pending = await ask(connection, () => client.getTransactionCount({ address, blockTag: 'pending' }))
  const last = (await store.withNonceFrom(entry.chainId, address, mined)).at(-1)
  const nonce = Math.max(mined, pending, last === undefined ? 0 : last.nonce + 1)
  if (nonce - mined > NONCES_AHEAD_MAX) {
    throw new NonceGapError({ from: address, next: mined, nonce, fillable: NONCES_AHEAD_MAX })
  }
  return nonce
}

/** @throws {@link WalletShortError} the account has less than the most that the transaction may cost */
export async function assertFunds(connection: ChainConnection, address: Address, needed_wei: bigint): Promise<void> {
  const balance_wei = await ask(connection, () => connection.client.getBalance({ address }))
  if (balance_wei >= needed_wei) return
  throw new WalletShortError({ address, balance_wei, needed_wei, missing_wei: needed_wei - balance_wei })
}
