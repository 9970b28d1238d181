import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Hex, LocalAccount } from 'viem'
import type { ActContext } from '../../anchor/chain/act-once.ts'
import { claim } from '../../anchor/chain/claim.ts'
import { deposit } from '../../anchor/chain/deposit.ts'
import { readEpoch, readTotals } from '../../anchor/chain/distributor.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { MemoryTransactionStore } from '../../anchor/chain/transaction-store.ts'
import { describeWithAnvil, rpc } from './chain-anvil.ts'
import { contentOf, DELAY_S, earnedOf, type House, startHouse, treeOf } from './chain-house.ts'
import { Died, Mortal } from './chain-mortal.ts'

let house: House

beforeEach(async () => {
  house = await startHouse()
})
afterEach(async () => {
  await house.chain.stop()
})

async function nonceOf({ address }: LocalAccount): Promise<number> {
  return Number(await rpc<Hex>(house.chain.rpcUrl, 'eth_getTransactionCount', address, 'latest'))
}

interface Scene {
  sender: LocalAccount
  /** Transactions that the whole act takes. */
  transactions: number
  prepare?: () => Promise<void>
  act: (context: ActContext) => Promise<unknown>
  /** What the chain has to show once it is done. */
  done: () => Promise<void>
}

/** Kills the act at every single operation, twice: the operation lost, and its answer lost. Then does it again. */
async function dieEverywhere(scene: Scene): Promise<string[]> {
  const start = async (mortal: Mortal, store: MemoryTransactionStore) =>
    scene.act(await house.as(scene.sender, mortal.store(store), mortal.transport(house.chain.rpcUrl)))
  await scene.prepare?.()
  const prepared: { id: Hex } = { id: await rpc(house.chain.rpcUrl, 'evm_snapshot') }
  const nonce = await nonceOf(scene.sender)
  const undisturbed = new Mortal()
  await start(undisturbed, new MemoryTransactionStore())
  await scene.done()
  for (let diesAt = 1; diesAt <= undisturbed.operations.length; diesAt++) {
    for (const when of ['before', 'after'] as const) {
      await rpc(house.chain.rpcUrl, 'evm_revert', prepared.id)
      prepared.id = await rpc(house.chain.rpcUrl, 'evm_snapshot')
      const store = new MemoryTransactionStore()
      const died = await start(new Mortal(diesAt, when), store).catch((error: unknown) => error)
      expect(isDeath(died)).toBe(true)
      await start(new Mortal(), store)
      await scene.done()
      expect(await nonceOf(scene.sender)).toBe(nonce + scene.transactions)
    }
  }
  return undisturbed.operations
}

/** viem wraps what a transport throws. */
function isDeath(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof Died) return true
  return false
}

describeWithAnvil('a process that dies at any step and is started again', () => {
  test('has proposed once', async () => {
    const content = contentOf(house, 1n, treeOf(house, 7n), 8n)
    const operations = await dieEverywhere({
      sender: house.proposer,
      transactions: 1,
      act: (context) => proposeEpoch(context, content),
      done: async () => {
        const record = await readEpoch(await house.as(house.anyone), 1n)
        expect(record).toMatchObject({ state: 'proposed', content: { payoutRoot: content.payoutRoot } })
      },
    })
    const order = ['save intended', 'eth_call', 'save signed', 'eth_sendRawTransaction', 'save confirmed']
    expect(operations.filter((each, i) => order.includes(each) && each !== operations[i - 1])).toEqual(
      expect.arrayContaining(order),
    )
    expect(operations.filter((each) => each === 'eth_sendRawTransaction')).toHaveLength(1)
    const at = (name: string) => operations.indexOf(name)
    expect(at('save intended')).toBeLessThan(at('eth_estimateGas'))
    expect(at('eth_estimateGas')).toBeLessThan(at('save signed'))
    expect(at('save signed')).toBeLessThan(at('eth_sendRawTransaction'))
  })

  test('has deposited once', async () => {
    const order = { intent: 'deposit/1', token: house.token, amount_atoms: 1_000n, payer: house.payer.address }
    await dieEverywhere({
      sender: house.payer,
      transactions: 2,
      act: (context) => deposit(context, order),
      done: async () => {
        const totals = await readTotals(await house.as(house.anyone), { epoch: 1n, token: house.token })
        expect(totals.deposited_atoms).toBe(1_000n)
      },
    })
  })

  test('has finalized and claimed once', async () => {
    const tree = treeOf(house, 7n)
    const [account, token] = [house.earner.address, house.token]
    await dieEverywhere({
      sender: house.anyone,
      transactions: 2,
      prepare: async () => {
        const order = { intent: 'deposit/1', token, amount_atoms: 8n, payer: house.payer.address }
        await deposit(await house.as(house.payer), order)
        await proposeEpoch(await house.as(house.proposer), contentOf(house, 1n, tree, 8n))
        await house.chain.advanceTime(DELAY_S)
      },
      act: async (context) => {
        await finalizeEpoch(context, 1n)
        await claim(context, { epoch: 1n, account, token, cumulative_atoms: 7n, proof: tree.proofOf(account, token) })
      },
      done: async () => expect(await earnedOf(house)).toBe(7n),
    })
  })
})
