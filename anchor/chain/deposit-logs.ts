import {
  type Address,
  decodeEventLog,
  encodeEventTopics,
  type Hex,
  hexToBigInt,
  isAddressEqual,
  isHex,
  numberToHex,
  type RpcLog,
} from 'viem'
import { tallyDistributorAbi } from '../contracts/artifacts/tally-distributor.ts'
import { ask } from './connect.ts'
import { LogsInvalidError } from './deposit-errors.ts'
import type { DistributorAt } from './distributor.ts'

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
  /** What arrived, in the token's smallest unit, below 2^96. */
  readonly amount_atoms: bigint
}

/** The contract takes no deposit that lifts the sum of a token to this. */
const AMOUNT_LIMIT = 2n ** 96n

const [DEPOSITED] = encodeEventTopics({ abi: tallyDistributorAbi, eventName: 'Deposited' })

/**
 * The deposits of a range of blocks, in the chain's order. The node's answer is believed only as far as it can be one: each
 * log is of this contract and event, in the range, with everything that a log has, and none comes twice.
 *
 * @throws {@link LogsInvalidError} {@link RpcUnreachableError} {@link RpcRefusedError}
 */
export async function readDepositLogs(at: DistributorAt, fromBlock: bigint, toBlock: bigint): Promise<Deposit[]> {
  const { client, endpoint } = at.connection
  const invalid = (detail: string) => new LogsInvalidError({ endpoint, detail })
  const range = { fromBlock: numberToHex(fromBlock), toBlock: numberToHex(toBlock) }
  const filter = { address: at.distributor, topics: [DEPOSITED!], ...range }
  const logs: unknown = await ask(at.connection, () => client.request({ method: 'eth_getLogs', params: [filter] }))
  if (!Array.isArray(logs)) throw invalid('it is no list')
  const seen = new Set<string>()
  const deposits = logs.map((log: unknown) => {
    const found = depositOf(log, at.distributor)
    if (typeof found === 'string') throw invalid(found)
    const { blockNumber, logIndex } = found
    if (blockNumber < fromBlock || blockNumber > toBlock)
      throw invalid(`block ${blockNumber} was not asked for (${fromBlock} to ${toBlock})`)
    const place = `log ${logIndex} of block ${blockNumber}`
    if (seen.has(place)) throw invalid(`${place} comes twice`)
    seen.add(place)
    return found
  })
  return deposits.sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex)
}

/** The deposit of a log, or what is wrong with it. */
function depositOf(value: unknown, distributor: Address): Deposit | string {
  if (typeof value !== 'object' || value === null) return 'a log is no object'
  const log = value as Partial<RpcLog>
  const { address, topics, data, blockNumber, blockHash, transactionHash, logIndex } = log
  if (log.removed === true) return 'a log is marked as removed'
  if (!isBytes(address, 20) || !isAddressEqual(address as Address, distributor))
    return `a log is of ${String(address)}, not of ${distributor}`
  if (!Array.isArray(topics) || topics[0] !== DEPOSITED) return 'a log is of another event'
  if (!isBytes(blockHash, 32) || !isBytes(transactionHash, 32)) return 'a log has no block or no transaction'
  if (!isQuantity(blockNumber) || !isQuantity(logIndex)) return 'a log has no place'
  if (hexToBigInt(logIndex) > 0x7fffffffn) return `a log is at place ${hexToBigInt(logIndex)} of its block`
  const args = argumentsOf(topics as [Hex, ...Hex[]], data)
  if (args === undefined) return 'a log does not hold what a deposit holds'
  const { amount, payer, token, from } = args
  if (amount === 0n || amount >= AMOUNT_LIMIT) return `a deposit of ${amount}, which the contract does not take`
  const place = { blockNumber: hexToBigInt(blockNumber), blockHash, transactionHash, logIndex: Number(logIndex) }
  return { ...place, payer, token, from, amount_atoms: amount }
}

function argumentsOf(topics: [Hex, ...Hex[]], data: unknown) {
  try {
    const { args } = decodeEventLog({
      abi: tallyDistributorAbi,
      eventName: 'Deposited',
      topics,
      data: data as Hex,
      strict: true,
    })
    return args
  } catch {
    return undefined // whatever is wrong with it, it is no deposit
  }
}

function isBytes(value: unknown, bytes: number): value is Hex {
  return isHex(value) && value.length === 2 + 2 * bytes
}

function isQuantity(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{1,16}$/.test(value)
}
