import { expect } from '@jest/globals'
import type { Hex } from 'viem'
import { LOCAL } from '../chain-house.ts'
import { GWEI, hex, holdBlocks, isBroadcast, releaseBlocks } from './anvil-control.ts'
import { type Fault, then } from './fault.ts'
import { altering, UNTIL_FINAL } from './faulty-node.ts'
import { IMPATIENT, type Scene } from './scene.ts'

const NONCES: readonly Fault[] = [
  {
    name: 'mempool is emptied',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      await holdBlocks(scene)
      const first = await scene.attempt({ wait: IMPATIENT })
      await scene.rpc('anvil_dropAllTransactions')
      await releaseBlocks(scene)
      return then(first, await scene.attempt())
    },
  },
  {
    name: 'earlier nonce of ours was signed and never broadcast',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      scene.node.intercept = async ({ method }, forward) =>
        isBroadcast(method) ? { error: { code: -32000, message: 'txpool is full' } } : forward()
      const first = await scene.sendOther('earlier', { wait: IMPATIENT })
      scene.node.intercept = undefined
      const second = await scene.attempt()
      expect(await scene.sendOther('earlier')).toBe('done')
      return then(first, second)
    },
  },
  {
    name: 'earlier nonce of somebody else with the key is never mined: a gap',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      await holdBlocks(scene)
      const { address } = scene.sender
      const nonce = Number(await scene.rpc<Hex>('eth_getTransactionCount', address, 'latest'))
      await scene.rpc('eth_sendRawTransaction', await transfer(scene, nonce))
      const first = await scene.attempt({ wait: IMPATIENT })
      expect((await scene.transactions()).map(({ state }) => state)).toEqual(['signed'])
      await scene.rpc('anvil_dropAllTransactions')
      await releaseBlocks(scene)
      const second = await scene.attempt()
      const filled = (await scene.transactions()).find(({ intent }) => intent.endsWith(`/fill/${nonce}`))
      expect(filled).toMatchObject({ state: 'confirmed' })
      return then(first, second)
    },
  },
  {
    name: 'nonce is taken by somebody else with the key',
    outcome: { else: 'NONCE_TAKEN → done', deposit: 'NONCE_TAKEN → NONCE_TAKEN → done under another name' },
    async run(scene) {
      let taken = false
      scene.node.intercept = async ({ method }, forward) => {
        if (!isBroadcast(method) || taken) return forward()
        taken = true
        const nonce = Number(await scene.rpc<Hex>('eth_getTransactionCount', scene.sender.address, 'latest'))
        await scene.rpc('eth_sendRawTransaction', await transfer(scene, nonce))
        await scene.rpc('anvil_mine', UNTIL_FINAL)
        return forward()
      }
      return then(await scene.attempt(), await scene.attemptAnew())
    },
  },
]

async function transfer(scene: Scene, nonce: number): Promise<Hex> {
  const fees = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI }
  const to = scene.house.deployer.address
  return scene.sender.signTransaction({ type: 'eip1559', chainId: LOCAL, nonce, to, gas: 21_000n, ...fees })
}

const OTHERS: readonly Fault[] = [
  {
    name: 'transaction is included and fails',
    outcome: {
      else: 'TRANSACTION_REVERTED → done',
      deposit: 'TRANSACTION_REVERTED → TRANSACTION_REVERTED → done under another name',
    },
    async run(scene) {
      // So little gas that it runs out.
      scene.node.intercept = altering('eth_estimateGas', (gas) => hex((BigInt(String(gas)) * 6n) / 10n))
      const first = await scene.attempt()
      scene.node.intercept = undefined
      return then(first, await scene.attemptAnew())
    },
  },
  {
    name: 'another chain stands behind the URL before the signature',
    outcome: 'CHAIN_ID_MISMATCH → done',
    async run(scene) {
      scene.node.intercept = async ({ method }, forward) => {
        const answer = await forward()
        if (method === 'eth_estimateGas') await scene.rpc('anvil_setChainId', 5)
        return answer
      }
      const first = await scene.attempt()
      expect(await scene.transactions()).toEqual([])
      scene.node.intercept = undefined
      await scene.rpc('anvil_setChainId', LOCAL)
      return then(first, await scene.attempt())
    },
  },
  {
    name: 'another chain stands behind the URL after the broadcast',
    outcome: 'CHAIN_ID_MISMATCH → done',
    async run(scene) {
      scene.node.intercept = async ({ method }, forward) => {
        const answer = await forward()
        if (isBroadcast(method)) await scene.rpc('anvil_setChainId', 5)
        return answer
      }
      const first = await scene.attempt()
      scene.node.intercept = undefined
      await scene.rpc('anvil_setChainId', LOCAL)
      return then(first, await scene.attempt())
    },
  },
]

export const CHAIN_FAULTS: readonly Fault[] = [...NONCES, ...OTHERS]
