import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { custom, http } from 'viem'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { describeWithAnvil, rpc } from './chain-anvil.ts'
import { contentOf, DELAY_S, type House, onFinalized, startHouse, treeOf } from './chain-house.ts'
import { Mortal } from './chain-mortal.ts'

let house: House

beforeEach(async () => {
  house = await startHouse()
})
afterEach(async () => {
  await house.chain.stop()
})

const contentOfOne = () => contentOf(house, 1n, treeOf(house, 7n), 8n)

describeWithAnvil('doing once what others may do too', () => {
  test('somebody else was faster: our transaction fails, and it is done', async () => {
    await proposeEpoch(await house.as(house.proposer), contentOfOne())
    await house.chain.advanceTime(DELAY_S)
    const node = http(house.chain.rpcUrl)({ retryCount: 0 })
    let overtaken = false
    const transport = custom(
      {
        request: async ({ method, params }) => {
          if (method === 'eth_sendRawTransaction' && !overtaken) {
            overtaken = true
            await finalizeEpoch(await house.as(house.earner), 1n)
          }
          return node.request({ method, params })
        },
      },
      { retryCount: 0 },
    )
    const store = new MemoryTransactionStore()
    const context = await house.as(house.anyone, store, transport)
    expect(await finalizeEpoch(context, 1n)).toMatchObject({ outcome: 'already-finalized' })
    const intent = `31337/${house.distributor.toLowerCase()}/finalize/1/1`
    expect(await store.load(intent)).toMatchObject({ state: 'reverted' })
    expect(await finalizeEpoch(context, 1n)).toMatchObject({ outcome: 'already-finalized' })
  })

  test('what was sent before a crash is brought up to date in the store', async () => {
    const store = new MemoryTransactionStore()
    const mortal = new Mortal('eth_sendRawTransaction', 'after')
    const dying = await house.as(house.proposer, mortal.store(store), mortal.transport(house.chain.rpcUrl))
    await expect(proposeEpoch(dying, contentOfOne())).rejects.toThrow()
    const intent = `31337/${house.distributor.toLowerCase()}/propose/1/1`
    expect(await store.load(intent)).toMatchObject({ state: 'signed' })

    const context = await house.as(house.proposer, store)
    expect(await proposeEpoch(context, contentOfOne())).toMatchObject({ outcome: 'already-proposed' })
    expect(await store.load(intent)).toMatchObject({ state: 'confirmed' })
  })

  test("somebody else's proposal is done only when it is final", async () => {
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x50')
    await proposeEpoch(await house.as(house.proposer), contentOfOne())
    const context = onFinalized(await house.as(house.proposer))
    await expect(proposeEpoch(context, contentOfOne())).rejects.toMatchObject({ code: 'NOT_FINAL_YET' })
    await rpc(house.chain.rpcUrl, 'anvil_mine', '0x50')
    expect(await proposeEpoch(context, contentOfOne())).toMatchObject({ outcome: 'already-proposed' })
  })
})
