import { readDeposits } from '../anchor/chain/deposit.ts'
import type { Deposit } from '../anchor/chain/deposit-logs.ts'
import { blockNumberOf, type DistributorAt } from '../anchor/chain/distributor.ts'
import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'

type Recorded = EventBodies['Deposited']

export interface ComparedDeposits {
  readonly recorded: number
  /** First and last block of a recorded deposit; null when none is recorded. */
  readonly blocks: readonly [first: bigint, last: bigint] | null
  /** Of the first record that the chain does not have so: where, what the chain has, what the record says. */
  readonly difference?: readonly [where: string, expected: string, found: string]
  /**
   * Deposits between those blocks that no record tells of. They are no proof of anything: records of one block may fall into
   * two epochs. Whoever deposited should see them in the next.
   */
  readonly unrecorded: readonly Deposit[]
}

/**
 * Holds accepted deposits to the chain's own logs. Each has to be there, in the block of that hash, with payer, token and
 * amount, and be final.
 *
 * @param recorded accepted Deposited events; all of one distributor, since close rejects others
 * @throws LogsInvalidError, ChainMovedError, NoDistributorError, RpcUnreachableError, RpcRefusedError
 */
export async function compareDeposits(at: DistributorAt, recorded: readonly Recorded[]): Promise<ComparedDeposits> {
  if (recorded.length === 0) return { recorded: 0, blocks: null, unrecorded: [] }
  let [first, last] = [recorded[0]!.blockNumber, recorded[0]!.blockNumber]
  for (const { blockNumber } of recorded) {
    if (blockNumber < first) first = blockNumber
    if (blockNumber > last) last = blockNumber
  }
  const result = { recorded: recorded.length, blocks: [first, last] as const }
  const final = await blockNumberOf(at.connection, at.connection.entry.finalityTag)
  const early = recorded.find(({ blockNumber }) => blockNumber > final)
  if (early !== undefined) {
    const difference = [placeOf(early), `a block up to the final one, ${final}`, `block ${early.blockNumber}`] as const
    return { ...result, difference, unrecorded: [] }
  }
  const { deposits } = await readDeposits(at, { fromBlock: first, toBlock: last })
  const onChain = new Map(deposits.map((deposit) => [keyOf(deposit.transactionHash, deposit.logIndex), deposit]))
  for (const each of recorded) {
    const key = keyOf(toHex(each.transactionHash), each.logIndex)
    const [expected, found] = [textOf(onChain.get(key)), recordText(each)]
    if (expected !== found) return { ...result, difference: [placeOf(each), expected, found], unrecorded: [] }
    onChain.delete(key)
  }
  return { ...result, unrecorded: [...onChain.values()] }
}

function keyOf(transactionHash: string, logIndex: number): string {
  return `${transactionHash.toLowerCase()}/${logIndex}`
}

function placeOf({ transactionHash, logIndex }: Recorded): string {
  return `deposit of transaction ${toHex(transactionHash)}, log ${logIndex}`
}

function textOf(deposit: Deposit | undefined): string {
  if (deposit === undefined) return 'no such deposit on chain'
  const { amount_atoms, token, payer, blockNumber, blockHash } = deposit
  return `${amount_atoms} of ${token} for ${payer} in block ${blockNumber} ${blockHash}`.toLowerCase()
}

function recordText({ amount, token, payer, blockNumber, blockHash }: Recorded): string {
  return `${amount} of ${toHex(token)} for ${toHex(payer)} in block ${blockNumber} ${toHex(blockHash)}`
}

/** What was compared, in words. */
export function depositsText({ recorded, blocks, unrecorded }: ComparedDeposits): string {
  if (blocks === null) return 'none is recorded'
  const within = `${recorded} recorded ones are on chain, in blocks ${blocks[0]} to ${blocks[1]}`
  const [missed] = unrecorded
  if (missed === undefined) return `${within}; no other is there`
  const place = `transaction ${missed.transactionHash}, log ${missed.logIndex}, payer ${missed.payer.toLowerCase()}`
  return `${within}; ${unrecorded.length} more there are in no record yet (first: ${place})`
}
