import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { custom, type Hex, http, numberToHex, type RpcLog, type Transport } from 'viem'
import type { ActContext } from '../../anchor/chain/act-once.ts'
import { deposit } from '../../anchor/chain/deposit.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { recordDeposits } from '../../jobs/anchoring/record-deposits.ts'
import { type Ledger, openLedger } from '../../jobs/ledger.ts'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { TOPICS, toAddress } from '../../schemas/index.ts'
import { describeWithAnvil, rpc } from '../anchor/chain-anvil.ts'
import { type House, LOCAL, onFinalized, startHouse } from '../anchor/chain-house.ts'

let house: House
let warehouse: Database
let ledger: Ledger
let log: MemoryLog
let folder: string

let snapshot: Hex

beforeAll(async () => {
  house = await startHouse()
  snapshot = await rpc<Hex>(house.chain.rpcUrl, 'evm_snapshot')
})
beforeEach(async () => {
  await rpc(house.chain.rpcUrl, 'evm_revert', snapshot)
  snapshot = await rpc<Hex>(house.chain.rpcUrl, 'evm_snapshot')
  folder = mkdtempSync(join(tmpdir(), 'tally-deposits-'))
  warehouse = await openWarehouse(join(folder, 'warehouse.duckdb'), { verb: 'test' })
  ledger = await openLedger(warehouse, {
    format: 'tallystick-genesis/1',
    name: 'deposits',
    chainId: LOCAL,
    distributor: toAddress(house.distributor),
    operator: toAddress(house.proposer.address),
  })
  log = new MemoryLog()
  await log.createTopic(TOPICS.chain, 1)
})
afterEach(() => {
  warehouse.close()
  rmSync(folder, { recursive: true })
})
afterAll(() => house?.chain.stop())

async function pay(amount_atoms: bigint): Promise<void> {
  const order = { intent: `deposit ${amount_atoms}`, token: house.token, amount_atoms, payer: house.payer.address }
  await deposit(await house.as(house.payer, new MemoryTransactionStore()), order)
}

async function record(chain?: ActContext): Promise<number> {
  return recordDeposits({
    ledger,
    chain: chain ?? (await house.as(house.anyone)),
    sink: log,
    source: 'urn:watcher',
    fromBlock: house.fromBlock,
    time: '2026-01-01T00:00:00Z',
  })
}

async function recorded(): Promise<number> {
  const [bounds] = await log.partitions([TOPICS.chain])
  return Number(bounds!.endOffset)
}

type ChangeLogs = (logs: RpcLog[]) => unknown

/** A node whose answer to eth_getLogs is changed. */
function lying(change: ChangeLogs): Promise<ActContext> {
  const node = http(house.chain.rpcUrl)({ retryCount: 0 })
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    const answer: unknown = await node.request({ method, params })
    return method === 'eth_getLogs' ? change(structuredClone(answer) as RpcLog[]) : answer
  }
  return house.as(house.anyone, undefined, custom({ request }, { retryCount: 0 }) as Transport)
}

const first =
  (change: (log: RpcLog) => Partial<Record<keyof RpcLog, unknown>>): ChangeLogs =>
  (logs) =>
    logs.map((each, n) => (n === 0 ? { ...each, ...change(each) } : each))

describeWithAnvil('deposits read from a node', () => {
  test.each<[string, string, ChangeLogs]>([
    ['another contract', 'RPC_LOGS_INVALID', first(() => ({ address: `0x${'11'.repeat(20)}` }))],
    [
      'another event',
      'RPC_LOGS_INVALID',
      first(({ topics }) => ({ topics: [`0x${'22'.repeat(32)}`, ...topics.slice(1)] })),
    ],
    ['fewer topics', 'RPC_LOGS_INVALID', first(({ topics }) => ({ topics: topics.slice(0, 3) }))],
    ['a block beyond the one asked for', 'RPC_LOGS_INVALID', first(() => ({ blockNumber: numberToHex(9_999n) }))],
    ['a block that is not mined', 'RPC_MALFORMED', first(() => ({ blockNumber: null, blockHash: null }))],
    ['a log that was removed', 'RPC_LOGS_INVALID', first(() => ({ removed: true }))],
    ['a log twice', 'RPC_LOGS_INVALID', (logs) => [...logs, logs[0]]],
    ['an amount of 2^96', 'RPC_LOGS_INVALID', first(() => ({ data: numberToHex(2n ** 96n, { size: 32 }) }))],
    ['an amount of 0', 'RPC_LOGS_INVALID', first(() => ({ data: numberToHex(0n, { size: 32 }) }))],
    ['data that is too short', 'RPC_LOGS_INVALID', first(() => ({ data: '0x01' }))],
    ['something that is no list', 'RPC_MALFORMED', () => null],
    ['something that is no log', 'RPC_MALFORMED', () => [7]],
    ['a block that the chain does not have', 'CHAIN_MOVED', first(() => ({ blockHash: `0x${'33'.repeat(32)}` }))],
    ['another amount', 'DEPOSITS_INCOMPLETE', first(() => ({ data: numberToHex(41n, { size: 32 }) }))],
    ['one log less', 'DEPOSITS_INCOMPLETE', (logs) => logs.slice(1)],
  ])('that shows %s record nothing: %s', async (_, code, change) => {
    await pay(10n)
    await pay(20n)
    await expect(record(await lying(change))).rejects.toMatchObject({ code })
    expect(await recorded()).toBe(0)
    // then: an honest node gives them all
    expect(await record()).toBe(2)
  })

  test('come in the chain’s order, in whatever order the node shows them', async () => {
    for (const amount of [10n, 20n, 30n]) await pay(amount)
    expect(await record(await lying((logs) => logs.reverse()))).toBe(3)
    const blocks: bigint[] = []
    await log.read({
      topics: [TOPICS.chain],
      until: 'end',
      positionOf: () => 0n,
      onBatch: async ({ records }) => void blocks.push(...records.map(({ offset }) => offset)),
    })
    expect(blocks).toEqual([0n, 1n, 2n])
  })

  test('whose logs lagged behind its state are found when they come', async () => {
    await pay(10n)
    // Nothing at all is shown, so no token is known whose sum could be held to the contract's.
    expect(await record(await lying(() => []))).toBe(0)
    await pay(20n)
    expect(await record()).toBe(2) // read again from the beginning
    expect(await record()).toBe(0)
  })

  test('are not recorded before their block is final', async () => {
    await pay(10n)
    const context = await house.as(house.anyone)
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x20')
    await expect(record(onFinalized(context))).rejects.toMatchObject({ code: 'NO_DISTRIBUTOR' }) // no block of it is final
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x40')
    await pay(20n)
    expect(await record(onFinalized(context))).toBe(1)
    expect(await record(onFinalized(context))).toBe(0)
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x40')
    expect(await record(onFinalized(context))).toBe(1)
  })

  test('of blocks that were reorganised before they were final are recorded as the chain has them in the end', async () => {
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x40')
    const before = await rpc<Hex>(house.chain.rpcUrl, 'evm_snapshot')
    await pay(10n)
    const context = await house.as(house.anyone)
    expect(await record(onFinalized(context))).toBe(0)
    await rpc(house.chain.rpcUrl, 'evm_revert', before)
    await pay(20n)
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x40')
    expect(await record(onFinalized(context))).toBe(1)
  })

  test('a chain that goes back behind what was final stops everything, and goes on stopping', async () => {
    const before = await rpc<Hex>(house.chain.rpcUrl, 'evm_snapshot')
    await pay(10n)
    expect(await record()).toBe(1)
    await rpc(house.chain.rpcUrl, 'evm_revert', before)
    // given: shorter than what was read
    await expect(record()).rejects.toMatchObject({ code: 'BEYOND_FINALITY', retriable: true })
    // given: as long, with other blocks
    await house.chain.advanceTime(77)
    for (const amount of [30n, 40n]) await pay(amount)
    for (let again = 0; again < 2; again++)
      await expect(record()).rejects.toMatchObject({ code: 'RECORDED_BLOCK_GONE' })
    expect(await recorded()).toBe(1)
  })
})
