import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { ActContext } from '../../anchor/chain/act-once.ts'
import { connectChain } from '../../anchor/chain/connect.ts'
import { deployLocal, mintTestTokens } from '../../anchor/chain/deploy-local.ts'
import { deposit } from '../../anchor/chain/deposit.ts'
import { type LocalChain, startLocalChain } from '../../anchor/chain/local-chain.ts'
import { recordDeposits } from '../../jobs/anchoring/record-deposits.ts'
import { WarehouseTransactionStore } from '../../jobs/anchoring/warehouse-transaction-store.ts'
import { type Ledger, openLedger } from '../../jobs/ledger.ts'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { LogRecord } from '../../pipelines/record-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { decodeRecord, TOPICS, toAddress } from '../../schemas/index.ts'

const AMOUNT = 1_000_000n
const PAYER = toAddress(`0x${'ab'.repeat(20)}`)

let folder: string
let chain: LocalChain
let warehouse: Database
let ledger: Ledger
let context: ActContext
let token: `0x${string}`
const log = new MemoryLog()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-deposits-'))
  chain = await startLocalChain({ genesisTime_s: 1_750_000_000 })
  warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
  const connection = await connectChain({ rpcUrl: chain.rpcUrl, chainId: 31337 })
  const store = new WarehouseTransactionStore(warehouse)
  const [deployer, proposer] = chain.accounts
  const send = { connection, store, account: deployer! }
  const deployed = await deployLocal(send, { proposer: proposer!.address })
  token = deployed.token
  context = { ...send, distributor: deployed.distributor }
  ledger = await openLedger(warehouse, {
    format: 'tallystick-genesis/1',
    name: 'deposits',
    chainId: 31337,
    distributor: toAddress(deployed.distributor),
    operator: toAddress(proposer!.address),
  })
  await mintTestTokens(send, { intent: 'mint', token, to: deployer!.address, amount_atoms: 10n * AMOUNT })
  await log.createTopic(TOPICS.chain, 1)
})

afterAll(async () => {
  warehouse.close()
  await chain.stop()
  rmSync(folder, { recursive: true, force: true })
})

const record = () =>
  recordDeposits({
    ledger,
    chain: context,
    sink: log,
    source: 'urn:watcher',
    fromBlock: 0n,
    time: '2025-06-15T00:00:00Z',
  })

async function logged() {
  const records: LogRecord[] = []
  await log.read({
    topics: [TOPICS.chain],
    until: 'end',
    positionOf: () => 0n,
    onBatch: async (batch) => void records.push(...batch.records),
  })
  return records.map((each) => {
    const decoded = decodeRecord(each)
    if (decoded.outcome !== 'decoded' || decoded.event.type !== 'Deposited') throw new Error('No deposit.')
    return {
      id: decoded.event.id,
      amount: decoded.event.body.amount,
      payer: Buffer.from(decoded.event.body.payer).toString('hex'),
    }
  })
}

describe('deposits on the chain', () => {
  test('become records once they are final, once each, with the place of their log as id', async () => {
    await deposit(context, { intent: 'one', token, amount_atoms: AMOUNT, payer: PAYER })
    await deposit(context, { intent: 'two', token, amount_atoms: 2n * AMOUNT, payer: PAYER })
    expect(await record()).toBe(2)
    expect(await record()).toBe(0)
    const records = await logged()
    expect(records.map(({ amount, payer }) => ({ amount, payer }))).toEqual([
      { amount: AMOUNT, payer: PAYER.slice(2) },
      { amount: 2n * AMOUNT, payer: PAYER.slice(2) },
    ])
    expect(new Set(records.map(({ id }) => id)).size).toBe(2)
  })

  test('appended again after a crash they carry the same ids, so that each counts once', async () => {
    const before = await logged()
    await warehouse.run("DELETE FROM meta WHERE name = 'deposits-read'") // as if killed before it was noted
    expect(await record()).toBe(2)
    const after = await logged()
    expect(after.slice(2)).toEqual(before)
  })
})
