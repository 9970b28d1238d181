import { tallyDistributorAbi } from '../contracts/artifacts/tally-distributor.ts'
import { ask, type ChainConnection } from './connect.ts'
import type { BlockPlace } from './deposit.ts'
import { blockNumberOf, type DistributorAt, readEpoch } from './distributor.ts'

/**
 * The block in which an epoch was finalized. Found by its time, which the contract keeps, with a binary search: a search of all
 * logs is more than most nodes answer.
 *
 * @returns undefined when the epoch is not finalized in the state that the chain table calls final
 * @throws  NoDistributorError, RpcUnreachableError, RpcRefusedError
 */
export async function findFinalizingBlock(at: DistributorAt, epoch: bigint): Promise<BlockPlace | undefined> {
  const time_s = (await readEpoch(at, epoch))?.finalizedAt_s
  if (time_s === undefined) return undefined
  const { connection } = at
  const { entry } = connection
  const last = await blockNumberOf(connection, entry.finalityTag)
  const first = await firstBlockAt(connection, time_s, last)
  const after = await firstBlockAt(connection, time_s + 1n, last)
  const [log] = await ask(connection, () =>
    connection.client.getContractEvents({
      abi: tallyDistributorAbi,
      address: at.distributor,
      eventName: 'EpochFinalized',
      args: { epoch },
      fromBlock: first,
      toBlock: after,
    }),
  )
  if (log === undefined) return undefined
  return { number: log.blockNumber, hash: log.blockHash }
}

/** The first block whose time is at least `time_s`, `last` when there is none. Times never fall from block to block. */
async function firstBlockAt(connection: ChainConnection, time_s: bigint, last: bigint): Promise<bigint> {
  let [low, high] = [0n, last]
  while (low < high) {
    const blockNumber = (low + high) >> 1n
    const { timestamp } = await ask(connection, () => connection.client.getBlock({ blockNumber }))
    if (timestamp >= time_s) high = blockNumber
    else low = blockNumber + 1n
  }
  return low
}
