import { readDeposits } from '../../anchor/chain/deposit.ts'
import type { DistributorAt } from '../../anchor/chain/distributor.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import { fromHex, toAddress, toHash32 } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'

export interface RecordDepositsOptions {
  readonly ledger: Ledger
  readonly chain: DistributorAt
  readonly sink: RecordSink
  /** The registered source that reports deposits. */
  readonly source: string
  /** First block to look at when none was read before. */
  readonly fromBlock: bigint
  /** RFC 3339, shown in the records. */
  readonly time: string
}

/**
 * Writes deposits that are final on the chain into the log, once each: the id of the event is the place of its log on the
 * chain, so one that is appended twice (killed before the block is noted) counts once.
 *
 * @returns how many were appended
 */
export async function recordDeposits(options: RecordDepositsOptions): Promise<number> {
  const { ledger, chain, sink, source, time } = options
  const { warehouse, genesis } = ledger
  const noted = await warehouse.one<{ value: string }>("SELECT value FROM meta WHERE name = 'deposits-next-block'")
  const fromBlock = noted === undefined ? options.fromBlock : BigInt(noted.value)
  const { deposits, toBlock } = await readDeposits(chain, { fromBlock })
  const records = deposits.map((deposit) =>
    encodeEvent(
      {
        type: 'Deposited',
        source,
        id: `${genesis.chainId}/${deposit.transactionHash}/${deposit.logIndex}`,
        body: {
          chainId: BigInt(genesis.chainId),
          distributor: fromHex(genesis.distributor),
          payer: fromHex(toAddress(deposit.payer)),
          token: fromHex(toAddress(deposit.token)),
          amount: deposit.amount_atoms,
          transactionHash: fromHex(toHash32(deposit.transactionHash)),
          logIndex: deposit.logIndex,
          blockNumber: deposit.blockNumber,
          blockHash: fromHex(toHash32(deposit.blockHash)),
        },
      },
      time,
    ),
  )
  if (records.length > 0) await sink.append(records)
  await warehouse.transaction(async () => {
    await warehouse.run("DELETE FROM meta WHERE name = 'deposits-next-block'")
    await warehouse.run("INSERT INTO meta VALUES ('deposits-next-block', $next)", { next: String(toBlock.number + 1n) })
  })
  return records.length
}
