import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Hex } from 'viem'
import type { ActContext } from '../../anchor/chain/act-once.ts'
import { assertFinalityHolds } from '../../anchor/chain/believe.ts'
import { connectChain, httpTo } from '../../anchor/chain/connect.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import type { FinalEpoch } from '../../anchor/chain/finality-memory.ts'
import { sendOnce } from '../../anchor/chain/send.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { describeWithAnvil, rpc } from './chain-anvil.ts'
import { contentOf, DELAY_S, type House, LOCAL, onFinalized, startHouse, treeOf } from './chain-house.ts'
import { FaultyNode, UNTIL_FINAL } from './matrix/faulty-node.ts'

const OTHER = `0x${'ee'.repeat(32)}` as const

describeWithAnvil('what was taken as final', () => {
  let house: House
  let node: FaultyNode
  let store: MemoryTransactionStore
  let context: ActContext
  const first = () => contentOf(house, 1n, treeOf(house, 7n), 8n)
  const remembered = () => store.finalEpoch(LOCAL, house.distributor)
  const check = () => assertFinalityHolds(context, house.distributor)

  /** As if the epoch had been final with something else. */
  async function rewrite(change: Partial<FinalEpoch>): Promise<void> {
    await store.remember(LOCAL, (await store.finalBlock(LOCAL))!, { ...(await remembered())!, ...change })
  }

  beforeAll(async () => {
    house = await startHouse()
    node = await FaultyNode.start(house.chain.rpcUrl)
    await proposeEpoch(await house.as(house.proposer), first())
    await rpc(house.chain.rpcUrl, 'anvil_mine', UNTIL_FINAL)
  })
  afterAll(async () => {
    await node.stop()
    await house.chain.stop()
  })
  beforeEach(async () => {
    node.intercept = undefined
    store = new MemoryTransactionStore()
    context = onFinalized(await house.as(house.proposer, store, httpTo(node.url)))
    await proposeEpoch(context, first())
  })

  test('is the final block, and the record of the epoch in it', async () => {
    const final = await rpc<{ number: Hex; hash: Hex }>(house.chain.rpcUrl, 'eth_getBlockByNumber', 'finalized', false)
    expect(await store.finalBlock(LOCAL)).toEqual({ number: BigInt(final.number), hash: final.hash })
    expect(await remembered()).toMatchObject({ epoch: 1n, attempt: 1, state: 'proposed' })
    await check()
  })

  test.each([
    ['another record', { recordHash: OTHER }],
    ['a later attempt', { attempt: 2 }],
    ['a later state', { state: 'finalized' }],
    ['an epoch that the chain does not have', { epoch: 2n }],
  ] as const)('a record that changed after it was final halts the chain: it had been %s', async (_, change) => {
    await rewrite(change)
    await expect(check()).rejects.toMatchObject({ code: 'FINALITY_BROKEN', retriable: false })
    expect(await store.haltOf(LOCAL)).toMatchObject({ what: expect.stringMatching(/^epoch \d of 0x/) })
    for (const act of [() => proposeEpoch(context, first()), () => finalizeEpoch(context, 1n), () => pay('other')])
      await expect(act()).rejects.toMatchObject({ code: 'CHAIN_HALTED', retriable: false })
    await store.clearHalt(LOCAL)
    expect(await proposeEpoch(context, first())).toMatchObject({ outcome: 'already-proposed' })
  })

  test('may go on: an earlier attempt was vetoed, a proposal became final', async () => {
    await rewrite({ attempt: 0, state: 'vetoed', recordHash: OTHER })
    await check()
    await rewrite({ attempt: 0, state: 'proposed', recordHash: OTHER })
    await check()
    await rewrite({ attempt: 0, state: 'finalized', recordHash: OTHER })
    await expect(check()).rejects.toMatchObject({ code: 'FINALITY_BROKEN' })
  })

  test('a block that changed halts the chain', async () => {
    const { number } = (await store.finalBlock(LOCAL))!
    await store.remember(LOCAL, { number, hash: OTHER })
    await expect(pay('other')).rejects.toMatchObject({
      code: 'FINALITY_BROKEN',
      facts: { what: `block ${number}`, remembered: OTHER },
    })
    expect(await store.load('other')).toBeUndefined()
  })

  test('a second node that still has the block makes it a disagreement, and nothing is halted', async () => {
    const honest = house.chain.rpcUrl
    const connection = await connectChain({ rpcUrl: node.url, chainId: LOCAL, checkRpcUrl: honest })
    const entry = { ...connection.entry, finalityTag: 'finalized' } as const
    const second = { ...connection.check!, entry }
    context = { ...context, connection: { ...connection, entry, check: second } }
    const block = await store.finalBlock(LOCAL)
    node.intercept = async ({ method, params }, forward) => {
      const answer = await forward()
      if (method !== 'eth_getBlockByNumber' || params[0] !== `0x${block!.number.toString(16)}`) return answer
      return 'result' in answer ? { result: { ...Object(answer.result), hash: OTHER } } : answer
    }
    await expect(pay('other')).rejects.toMatchObject({
      code: 'RPC_DISAGREEMENT',
      facts: { endpoint: node.url, answer: OTHER, checkEndpoint: honest },
    })
    expect(await store.haltOf(LOCAL)).toBeUndefined()
    // Where the second says so too, it is no disagreement.
    context = {
      ...context,
      connection: { ...context.connection, check: { ...second, client: context.connection.client } },
    }
    await expect(pay('other')).rejects.toMatchObject({ code: 'FINALITY_BROKEN' })
  })

  test('is waited for where the node does not have it yet', async () => {
    const { number, hash } = (await store.finalBlock(LOCAL))!
    await store.remember(LOCAL, { number: number + 10_000n, hash })
    await expect(pay('other')).rejects.toMatchObject({ code: 'CHAIN_BEHIND', retriable: true })
    expect(await store.haltOf(LOCAL)).toBeUndefined()
  })

  test('says nothing on a chain that finalizes nothing', async () => {
    const local = await house.as(house.proposer, store)
    await store.remember(LOCAL, { number: 1n, hash: OTHER })
    await assertFinalityHolds(local, house.distributor)
  })

  test('a nonce that nobody can reach is not signed', async () => {
    node.intercept = async ({ method, params }, forward) =>
      method === 'eth_getTransactionCount' && params[1] === 'pending' ? { result: '0xf4240' } : forward()
    await expect(pay('far')).rejects.toMatchObject({ code: 'NONCE_GAP', facts: { nonce: 1_000_000 } })
    expect(await store.load('far')).toMatchObject({ state: 'intended' })
  })

  test('finalizing moves it on', async () => {
    await house.chain.advanceTime(DELAY_S)
    const finalizer = onFinalized(await house.as(house.anyone, store, httpTo(node.url)))
    expect(await finalizeEpoch({ ...finalizer, wait: { poll_ms: 5, timeout_ms: 20_000 } }, 1n)).toMatchObject({
      outcome: 'finalized',
    })
    expect(await remembered()).toMatchObject({ state: 'finalized' })
    await rewrite({ state: 'revoked' })
    await expect(check()).rejects.toMatchObject({ code: 'FINALITY_BROKEN' })
  })

  function pay(intent: string) {
    return sendOnce(context, { intent, to: house.earner.address, data: '0x' })
  }
})
