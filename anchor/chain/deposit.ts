import { type Address, encodeFunctionData, erc20Abi, type Hex, isAddressEqual, parseEventLogs } from 'viem'
import { tallyDistributorAbi } from '../contracts/artifacts/tally-distributor.ts'
import { ask } from './connect.ts'
import { ChainMovedError } from './deposit-errors.ts'
import { type Deposit, readDepositLogs } from './deposit-logs.ts'
import { blockNumberOf, type DistributorAt, readLastFinalized } from './distributor.ts'
import { BeyondFinalityError } from './errors.ts'
import { type SendContext, type Sent, sendOnce } from './send.ts'

/** Blocks asked for in one request: public nodes refuse wide ranges. */
const LOG_RANGE_BLOCKS = 2_000n

/** Blocks asked for at once, to see whether they are the chain's. */
const BLOCKS_AT_ONCE = 16

/** A block of a chain. */
export interface BlockPlace {
  readonly number: bigint
  readonly hash: Hex
}

/**
 * Deposits in blocks `fromBlock` to `toBlock` (both included), in the chain's order. Each is in a block that the chain still
 * has when all are read.
 *
 * @param range.toBlock default: the block that the finality tag names now
 * @returns the deposits, and the block up to which they are complete
 * @throws {@link BeyondFinalityError} `toBlock` is not final
 * @throws {@link LogsInvalidError}    the node gave something else than was asked for
 * @throws {@link ChainMovedError}     the chain changed meanwhile
 * @throws {@link NoDistributorError} {@link RpcUnreachableError}
 */
export async function readDeposits(
  at: DistributorAt,
  range: { fromBlock: bigint; toBlock?: bigint },
): Promise<{ deposits: Deposit[]; toBlock: BlockPlace }> {
  // Logs of an address without a contract are empty, not an error: "no deposits" would be a lie.
  await readLastFinalized(at)
  const final = await blockNumberOf(at.connection, at.connection.entry.finalityTag)
  const number = range.toBlock ?? final
  if (number > final) throw new BeyondFinalityError({ asked: number, final })
  const toBlock = { number, hash: await blockHashOf(at, number) }
  const deposits: Deposit[] = []
  for (let first = range.fromBlock; first <= number; first += LOG_RANGE_BLOCKS) {
    const last = first + LOG_RANGE_BLOCKS - 1n
    deposits.push(...(await readDepositLogs(at, first, last < number ? last : number)))
  }
  await assertUnmoved(at, [
    ...deposits.map(({ blockNumber, blockHash: hash }) => ({ number: blockNumber, hash })),
    toBlock,
  ])
  return { deposits, toBlock }
}

/** The hash of a block of the chain. */
export async function blockHashOf({ connection }: DistributorAt, number: bigint): Promise<Hex> {
  return (await ask(connection, () => connection.client.getBlock({ blockNumber: number }))).hash
}

/** Logs come from another index than blocks: one that lags shows logs of blocks that a reorganisation dropped. */
async function assertUnmoved(at: DistributorAt, blocks: readonly BlockPlace[]): Promise<void> {
  const distinct = [...new Map(blocks.map((block) => [`${block.number}/${block.hash}`, block])).values()]
  for (let i = 0; i < distinct.length; i += BLOCKS_AT_ONCE) {
    await Promise.all(
      distinct.slice(i, i + BLOCKS_AT_ONCE).map(async ({ number, hash }) => {
        const now = await blockHashOf(at, number)
        if (now !== hash) throw new ChainMovedError({ block: number, before: hash, now })
      }),
    )
  }
}

/** A deposit to make. */
export interface DepositOrder {
  /** Name of this deposit, unique for ever: the same intent deposits once, however often it is asked for. */
  readonly intent: string
  readonly token: Address
  readonly amount_atoms: bigint
  readonly payer: Address
}

/**
 * Approves exactly the amount and deposits it, each once. Deposits of one account in one token have to be made one after
 * the other: they share the approval.
 *
 * @returns the sent deposit, and what arrived, in the token's smallest unit
 * Errors as `sendOnce`.
 */
export async function deposit(
  context: SendContext & DistributorAt,
  { intent, token, amount_atoms, payer }: DepositOrder,
): Promise<Sent & { received_atoms: bigint }> {
  const { distributor } = context
  const approval = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [distributor, amount_atoms] })
  await sendOnce(context, { intent: `${intent}/approve`, to: token, data: approval })
  const data = encodeFunctionData({
    abi: tallyDistributorAbi,
    functionName: 'deposit',
    args: [token, amount_atoms, payer],
  })
  const sent = await sendOnce(context, { intent: `${intent}/deposit`, to: distributor, data })
  const received_atoms = parseEventLogs({ abi: tallyDistributorAbi, eventName: 'Deposited', logs: sent.receipt.logs })
    .filter((log) => isAddressEqual(log.address, distributor))
    .reduce((sum, log) => sum + log.args.amount, 0n)
  return { ...sent, received_atoms }
}
