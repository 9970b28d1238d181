import { type Address, encodeFunctionData, type Hex } from 'viem'
import { tallyDistributorAbi } from '../contracts/artifacts/tally-distributor.ts'
import { ask, type ChainConnection, isEmptyAnswer } from './connect.ts'
import { NoDistributorError } from './errors.ts'

/** A distributor on a chain. */
export interface DistributorAt {
  readonly connection: ChainConnection
  readonly distributor: Address
}

/** What one token's leaves and reserve sum to. */
export interface TokenTotal {
  readonly token: Address
  /** Sum of all cumulative leaves plus what is reserved, in the token's smallest unit, below 2^128. */
  readonly total_atoms: bigint
  /** Settled but held back, in no leaf. */
  readonly reserved_atoms: bigint
}

/** What a proposer says about an epoch; see `EpochContent` in TallyDistributor.sol. */
export interface EpochContent {
  /** From 1. */
  readonly epoch: bigint
  /** From 1. */
  readonly attempt: number
  readonly ledgerRoot: Hex
  readonly treeSize: bigint
  readonly payoutRoot: Hex
  /** Strictly ascending by token address. */
  readonly totals: readonly TokenTotal[]
  readonly manifestHash: Hex
  /** At most 256 bytes. */
  readonly uri: string
}

/** A vetoed epoch may be proposed again with the next attempt; a revoked one cannot be claimed against any more. */
export type EpochState = (typeof EPOCH_STATES)[number]

/** In the contract's order, from 1; 0 is an epoch that was never proposed. */
const EPOCH_STATES = ['proposed', 'finalized', 'vetoed', 'revoked'] as const

/** What the chain has of an epoch: of its newest attempt. */
export interface EpochRecord {
  readonly content: EpochContent
  readonly state: EpochState
  readonly prevHash: Hex
  readonly recordHash: Hex
  /** Block time, in seconds since 1970. */
  readonly proposedAt_s: bigint
  readonly delay_s: bigint
  /** Block time, in seconds since 1970; undefined until it is finalized. */
  readonly finalizedAt_s: bigint | undefined
  /** Number of the attester set under which it was proposed; see {@link readAttesters}. */
  readonly attesterSet: number
}

/** Keys of auditors: `threshold` of them have to attest to a proposal. */
export interface AttesterSet {
  readonly members: readonly Address[]
  readonly threshold: number
}

/** The state of the chain that a read sees. */
export type ReadAt = { blockTag: 'latest' | 'finalized' } | { blockNumber: bigint }

/** The state that the chain's finality tag names. */
export function atFinality({ entry }: ChainConnection): ReadAt {
  return { blockTag: entry.finalityTag }
}

/**
 * The record of an epoch, undefined when it was never proposed.
 *
 * @throws {@link NoDistributorError} {@link RpcUnreachableError}
 */
export async function readEpoch(
  at: DistributorAt,
  epoch: bigint,
  when: ReadAt = atFinality(at.connection),
): Promise<EpochRecord | undefined> {
  const record = await read(at, (contract) =>
    at.connection.client.readContract({ ...contract, ...when, functionName: 'epochRecord', args: [epoch] }),
  )
  if (record.state === 0) return undefined
  const { tokens, totals, reserved, ...content } = record.content
  return {
    content: {
      ...content,
      totals: tokens.map((token, i) => ({ token, total_atoms: totals[i]!, reserved_atoms: reserved[i]! })),
    },
    state: EPOCH_STATES[record.state - 1]!,
    prevHash: record.prevHash,
    recordHash: record.recordHash,
    proposedAt_s: record.proposedAt,
    delay_s: record.delay,
    finalizedAt_s: record.finalizedAt === 0n ? undefined : record.finalizedAt,
    attesterSet: record.attesterSet,
  }
}

/**
 * An attester set. Sets never change. Errors as {@link readEpoch}.
 *
 * @param set its number; undefined: the one that the next proposal is made under
 */
export async function readAttesters(
  at: DistributorAt,
  set: number | undefined,
  when: ReadAt = atFinality(at.connection),
): Promise<AttesterSet> {
  const { client } = at.connection
  return read(at, async (contract) => {
    const number = set ?? (await client.readContract({ ...contract, ...when, functionName: 'attesterSet' }))
    const [members, threshold] = await client.readContract({
      ...contract,
      ...when,
      functionName: 'attesters',
      args: [number],
    })
    return { members, threshold }
  })
}

/** Number of the newest finalized epoch, 0 when there is none. Errors as {@link readEpoch}. */
export async function readLastFinalized(at: DistributorAt, when: ReadAt = atFinality(at.connection)): Promise<bigint> {
  return read(at, (contract) =>
    at.connection.client.readContract({ ...contract, ...when, functionName: 'lastFinalized' }),
  )
}

/** The delay of the next proposal, and the least it can ever be. Errors as {@link readEpoch}. */
export async function readDelay(
  at: DistributorAt,
  when: ReadAt = atFinality(at.connection),
): Promise<{ delay_s: bigint; minimumDelay_s: bigint }> {
  const { client } = at.connection
  return read(at, async (contract) => ({
    delay_s: await client.readContract({ ...contract, ...when, functionName: 'delay' }),
    minimumDelay_s: await client.readContract({ ...contract, ...when, functionName: 'minimumDelay' }),
  }))
}

/**
 * What an epoch says of a token, and what was deposited and claimed of it so far, all from one block.
 * Errors as {@link readEpoch}.
 */
export async function readTotals(
  at: DistributorAt,
  { epoch, token }: { epoch: bigint; token: Address },
  when: ReadAt = atFinality(at.connection),
): Promise<{ total_atoms: bigint; reserved_atoms: bigint; deposited_atoms: bigint; claimed_atoms: bigint }> {
  const { client } = at.connection
  const blockNumber = 'blockNumber' in when ? when.blockNumber : await blockNumberOf(at.connection, when.blockTag)
  return read(at, async (contract) => {
    const base = { ...contract, blockNumber }
    const [total_atoms, reserved_atoms, deposited_atoms, claimed_atoms] = await Promise.all([
      client.readContract({ ...base, functionName: 'totalsOf', args: [epoch, token] }),
      client.readContract({ ...base, functionName: 'reservedOf', args: [epoch, token] }),
      client.readContract({ ...base, functionName: 'deposited', args: [token] }),
      client.readContract({ ...base, functionName: 'claimed', args: [token] }),
    ])
    return { total_atoms, reserved_atoms, deposited_atoms, claimed_atoms }
  })
}

/** What was ever paid to an account in a token, in the token's smallest unit. Errors as {@link readEpoch}. */
export async function readClaimed(
  at: DistributorAt,
  { account, token }: { account: Address; token: Address },
  when: ReadAt = atFinality(at.connection),
): Promise<bigint> {
  return read(at, (contract) =>
    at.connection.client.readContract({ ...contract, ...when, functionName: 'claimedBy', args: [account, token] }),
  )
}

/** Call data of `proposeEpoch`. */
export function encodeProposeEpoch(content: EpochContent): Hex {
  const { epoch, attempt, ledgerRoot, treeSize, payoutRoot, totals, manifestHash, uri } = content
  return encodeFunctionData({
    abi: tallyDistributorAbi,
    functionName: 'proposeEpoch',
    args: [
      epoch,
      attempt,
      ledgerRoot,
      treeSize,
      payoutRoot,
      totals.map((each) => each.token),
      totals.map((each) => each.total_atoms),
      totals.map((each) => each.reserved_atoms),
      manifestHash,
      uri,
    ],
  })
}

/**
 * Call data of `finalizeEpoch`.
 *
 * @param signatures attestations in ascending order of their signers' addresses
 */
export function encodeFinalizeEpoch(epoch: bigint, signatures: readonly Hex[] = []): Hex {
  return encodeFunctionData({ abi: tallyDistributorAbi, functionName: 'finalizeEpoch', args: [epoch, signatures] })
}

/** Call data of `vetoEpoch`. */
export function encodeVetoEpoch(epoch: bigint): Hex {
  return encodeFunctionData({ abi: tallyDistributorAbi, functionName: 'vetoEpoch', args: [epoch] })
}

/** What an account claims: a leaf of an epoch's payout tree with its proof. */
export interface ClaimCall {
  readonly epoch: bigint
  readonly account: Address
  readonly token: Address
  /** The leaf's amount: all that the account earned of the token up to the epoch. */
  readonly cumulative_atoms: bigint
  readonly proof: readonly Hex[]
}

/** Call data of `claim`. */
export function encodeClaim({ epoch, account, token, cumulative_atoms, proof }: ClaimCall): Hex {
  return encodeFunctionData({
    abi: tallyDistributorAbi,
    functionName: 'claim',
    args: [epoch, account, token, cumulative_atoms, proof],
  })
}

/** Number of the block that a tag names now. */
export async function blockNumberOf(connection: ChainConnection, blockTag: 'latest' | 'finalized'): Promise<bigint> {
  const { number } = await ask(connection, () => connection.client.getBlock({ blockTag }))
  return number
}

interface DistributorContract {
  readonly abi: typeof tallyDistributorAbi
  readonly address: Address
}

/** Asks a distributor. Errors as {@link readEpoch}. */
async function read<Answer>(
  { connection, distributor }: DistributorAt,
  request: (contract: DistributorContract) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask(connection, () => request({ abi: tallyDistributorAbi, address: distributor }))
  } catch (error) {
    if (isEmptyAnswer(error)) throw new NoDistributorError({ distributor, chainId: connection.entry.chainId })
    throw error
  }
}
