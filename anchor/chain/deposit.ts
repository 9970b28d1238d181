import { type Address, encodeFunctionData, erc20Abi, type Hex, isAddressEqual, parseEventLogs } from 'viem'
import { tallyDistributorAbi } from '../contracts/artifacts/tally-distributor.ts'
import { ask } from './connect.ts'
import { blockNumberOf, type DistributorAt, read, readLastFinalized } from './distributor.ts'
import { BeyondFinalityError } from './errors.ts'
import { type SendContext, type Sent, sendOnce } from './send.ts'

/** One deposit, as the chain has it. */
export interface Deposit {
  readonly blockNumber: bigint
  readonly blockHash: Hex
  readonly transactionHash: Hex
  readonly logIndex: number
  /** Whose vouchers it funds. */
  readonly payer: Address
  readonly token: Address
  /** Who sent the tokens. */
  readonly from: Address
  /** What arrived, in the token's smallest unit. */
  readonly amount_atoms: bigint
}

/** Blocks asked for in one request: public nodes refuse wide ranges. */
const LOG_RANGE_BLOCKS = 2_000n

/**
 * Deposits in blocks `fromBlock` to `toBlock` (both included), in the chain's order.
 *
 * @param range.toBlock default: the block that the finality tag names now
 * @returns the deposits, and the number and hash of the block up to which they are complete
 * @throws {@link BeyondFinalityError} `toBlock` is not final
 * @throws {@link NoDistributorError} {@link RpcUnreachableError}
 */
export async function readDeposits(
  at: DistributorAt,
  range: { fromBlock: bigint; toBlock?: bigint },
): Promise<{ deposits: Deposit[]; toBlock: { number: bigint; hash: Hex } }> {
  const { client, entry } = at.connection
  // Logs of an address without a contract are empty, not an error: "no deposits" would be a lie.
  await readLastFinalized(at)
  const final = await blockNumberOf(at.connection, entry.finalityTag)
  const end = range.toBlock ?? final
  if (end > final) throw new BeyondFinalityError({ asked: end, final })
  const deposits: Deposit[] = []
  for (let first = range.fromBlock; first <= end; first += LOG_RANGE_BLOCKS) {
    const last = first + LOG_RANGE_BLOCKS - 1n
    deposits.push(...(await depositsBetween(at, first, last < end ? last : end)))
  }
  const { hash } = await ask(at.connection, () => client.getBlock({ blockNumber: end }))
  return { deposits, toBlock: { number: end, hash } }
}

async function depositsBetween(at: DistributorAt, fromBlock: bigint, toBlock: bigint): Promise<Deposit[]> {
  const logs = await read(at, (contract) =>
    at.connection.client.getContractEvents({ ...contract, eventName: 'Deposited', fromBlock, toBlock, strict: true }),
  )
  return logs
    .map(({ args: { amount, ...who }, blockNumber, blockHash, transactionHash, logIndex }) => {
      return { blockNumber, blockHash, transactionHash, logIndex, ...who, amount_atoms: amount }
    })
    .sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex)
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
