import { BlockNotFoundError } from 'viem'
import { blockHashOf, readDeposits } from '../../anchor/chain/deposit.ts'
import { DepositsIncompleteError, RecordedBlockGoneError } from '../../anchor/chain/deposit-errors.ts'
import type { Deposit } from '../../anchor/chain/deposit-logs.ts'
import { type DistributorAt, readTotals } from '../../anchor/chain/distributor.ts'
import { BeyondFinalityError } from '../../anchor/chain/errors.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import { type Address, fromHex, toAddress, toHash32 } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'

export interface RecordDepositsOptions {
  readonly ledger: Ledger
  readonly chain: DistributorAt
  readonly sink: RecordSink
  /** The registered source that reports deposits. */
  readonly source: string
  /** First block to look at when none was read before: that of the contract's creation. */
  readonly fromBlock: bigint
  /** RFC 3339, shown in the records. */
  readonly time: string
}

/** Up to where deposits were read, and what they came to. */
interface Noted {
  /** The last block that was read, final at that time. */
  readonly number: bigint
  readonly hash: string
  /** By token, all deposits up to that block, in its smallest unit. */
  readonly sums: ReadonlyMap<Address, bigint>
}

const NOTE = 'deposits-read'

/**
 * Writes deposits that are final on the chain into the log, once each: the id of the event is the place of its log on the
 * chain, so one that is appended twice counts once.
 *
 * 1. The last block that was read still is the chain's, by its hash. Else everything stops: final was not final.
 * 2. Deposits after it are read, and their sum is held to what the contract says it was given: a node whose logs lag or leave
 *    out is found. Killed here: nothing happened.
 * 3. They are appended. Killed here: the next call appends them again, with the same ids.
 * 4. The block, its hash and the sums are noted.
 *
 * @returns how many were appended
 * @throws RecordedBlockGoneError, DepositsIncompleteError, LogsInvalidError, ChainMovedError, BeyondFinalityError; nothing was
 *         appended
 */
export async function recordDeposits(options: RecordDepositsOptions): Promise<number> {
  const { ledger, sink } = options
  const noted = await readNote(ledger.warehouse)
  if (noted !== undefined && !(await hasNewFinalBlocks(options.chain, noted))) return 0
  const read = await readWhole(options, noted)
  if (read.deposits.length > 0) await sink.append(read.deposits.map((deposit) => recordOf(options, deposit)))
  await writeNote(ledger.warehouse, read.noted)
  return read.deposits.length
}

/** False when the chain is no further than what was read. @throws RecordedBlockGoneError, BeyondFinalityError */
async function hasNewFinalBlocks(chain: DistributorAt, { number, hash }: Noted): Promise<boolean> {
  const { client, entry } = chain.connection
  const { number: final } = await client.getBlock({ blockTag: entry.finalityTag })
  const found = await blockHashOf(chain, number).catch((error: unknown) => {
    // A node that is behind does not have it yet.
    if (error instanceof BlockNotFoundError) throw new BeyondFinalityError({ asked: number, final })
    throw error
  })
  if (found !== hash) throw new RecordedBlockGoneError({ block: number, recorded: hash, found })
  return final > number
}

/**
 * Deposits since the note, complete by what the contract says. When they are not, all are read again from the beginning: logs
 * that were missing at an earlier time may be there now, and ids keep the others from counting twice.
 */
async function readWhole(
  { chain, fromBlock }: RecordDepositsOptions,
  noted: Noted | undefined,
): Promise<{ deposits: Deposit[]; noted: Noted }> {
  try {
    return await readFrom(chain, noted === undefined ? fromBlock : noted.number + 1n, noted?.sums ?? new Map())
  } catch (error) {
    if (noted === undefined || !(error instanceof DepositsIncompleteError)) throw error
    return readFrom(chain, fromBlock, new Map())
  }
}

async function readFrom(chain: DistributorAt, fromBlock: bigint, before: ReadonlyMap<Address, bigint>) {
  const { deposits, toBlock } = await readDeposits(chain, { fromBlock })
  const sums = new Map(before)
  for (const { token, amount_atoms } of deposits)
    sums.set(toAddress(token), (sums.get(toAddress(token)) ?? 0n) + amount_atoms)
  for (const [token, inLogs] of sums) {
    const at = { blockNumber: toBlock.number }
    const { deposited_atoms: inContract } = await readTotals(chain, { epoch: 0n, token }, at)
    if (inContract !== inLogs) throw new DepositsIncompleteError({ token, block: toBlock.number, inLogs, inContract })
  }
  return { deposits, noted: { ...toBlock, sums } }
}

function recordOf({ ledger: { genesis }, source, time }: RecordDepositsOptions, deposit: Deposit) {
  return encodeEvent(
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
  )
}

async function readNote(warehouse: Database): Promise<Noted | undefined> {
  const row = await warehouse.one<{ value: string }>('SELECT value FROM meta WHERE name = $name', { name: NOTE })
  if (row === undefined) return undefined
  const { number, hash, sums } = JSON.parse(row.value) as { number: string; hash: string; sums: [Address, string][] }
  return { number: BigInt(number), hash, sums: new Map(sums.map(([token, sum]) => [token, BigInt(sum)])) }
}

async function writeNote(warehouse: Database, { number, hash, sums }: Noted): Promise<void> {
  const value = JSON.stringify({
    number: String(number),
    hash,
    sums: [...sums].map(([token, sum]) => [token, String(sum)]),
  })
  await warehouse.transaction(async () => {
    await warehouse.run('DELETE FROM meta WHERE name = $name', { name: NOTE })
    await warehouse.run('INSERT INTO meta VALUES ($name, $value)', { name: NOTE, value })
  })
}
