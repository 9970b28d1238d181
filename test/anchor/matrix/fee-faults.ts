import { expect } from '@jest/globals'
import type { Hex } from 'viem'
import { feesOf } from '../../../anchor/chain/fees.ts'
import { GWEI, hex, holdBlocks, isBroadcast, releaseBlocks, setBaseFee } from './anvil-control.ts'
import { type Fault, then } from './fault.ts'
import { IMPATIENT, type Scene } from './scene.ts'

const ETHER = 10n ** 18n

async function setBalance(scene: Scene, balance: bigint): Promise<void> {
  await scene.rpc('anvil_setBalance', scene.sender.address, hex(balance))
}

export const FEE_FAULTS: readonly Fault[] = [
  {
    name: 'wallet is empty',
    outcome: 'WALLET_SHORT → done',
    async run(scene) {
      await setBalance(scene, 0n)
      const first = await scene.attempt()
      expect(await scene.transactions()).toEqual([])
      await setBalance(scene, ETHER)
      return then(first, await scene.attempt())
    },
  },
  {
    name: 'wallet is emptied between signature and broadcast',
    outcome: 'WALLET_SHORT → done',
    async run(scene) {
      let refused = 0
      scene.node.intercept = async ({ method }, forward) => {
        if (!isBroadcast(method)) return forward()
        // The second call finds it funded by itself, after a while.
        await setBalance(scene, refused < 4 ? 0n : ETHER)
        refused += 1
        return forward()
      }
      const first = await scene.attempt({ wait: IMPATIENT })
      return then(first, await scene.attempt())
    },
  },
  {
    name: 'fees rise above what was signed: replaced, and the new version lands',
    outcome: 'done, version 2 of 2 landed',
    async run(scene) {
      await risingFees(scene, 'new')
      const outcome = await scene.attempt()
      return `${outcome}, ${await landed(scene)}`
    },
  },
  {
    name: 'fees rise above what was signed: replaced, and the old version lands',
    outcome: 'done, version 1 of 2 landed',
    async run(scene) {
      await risingFees(scene, 'old')
      const outcome = await scene.attempt()
      return `${outcome}, ${await landed(scene)}`
    },
  },
  {
    name: 'fees are above the ceiling before the signature',
    outcome: 'FEE_CEILING → done',
    async run(scene) {
      const entry = { feeCeiling_wei: 20n * GWEI }
      await setBaseFee(scene, 30n * GWEI)
      const first = await scene.attempt({ entry })
      expect(await scene.transactions()).toEqual([])
      await setBaseFee(scene, GWEI)
      return then(first, await scene.attempt({ entry }))
    },
  },
  {
    name: 'fees rise above the ceiling behind the broadcast',
    outcome: 'FEE_CEILING → done',
    async run(scene) {
      const entry = { feeCeiling_wei: 6n * GWEI }
      await setBaseFee(scene, 2n * GWEI)
      await holdBlocks(scene)
      let isRaised = false
      scene.node.intercept = async ({ method }, forward) => {
        const answer = await forward()
        if (isBroadcast(method) && !isRaised) await setBaseFee(scene, 30n * GWEI)
        isRaised ||= isBroadcast(method)
        return answer
      }
      let first = 'NOT_FINAL_YET'
      // Some looks pass before it is replaced; how long they take is the machine's business.
      for (let timeout_ms = 100; first === 'NOT_FINAL_YET'; timeout_ms *= 3) {
        first = await scene.attempt({ entry, wait: { poll_ms: 2, timeout_ms } })
      }
      const [waiting] = await scene.transactions()
      expect(Number(waiting?.versions)).toBeLessThanOrEqual(11)
      await setBaseFee(scene, GWEI)
      await releaseBlocks(scene)
      return then(first, await scene.attempt({ entry }))
    },
  },
]

/** Holds the first transaction of the act back by its fee until a second version of it is signed; one of the two is let in. */
async function risingFees(scene: Scene, lands: 'old' | 'new'): Promise<void> {
  await holdBlocks(scene)
  const versions = new Set<Hex>()
  scene.node.intercept = async ({ method, params }, forward) => {
    const raw = params[0] as Hex
    if (!isBroadcast(method) || versions.size === 2 || versions.has(raw)) return forward()
    versions.add(raw)
    const { maxFeePerGas } = feesOf(raw)
    if (versions.size === 1) {
      const answer = await forward()
      await setBaseFee(scene, (maxFeePerGas * 3n) / 2n)
      return answer
    }
    const refusal = { error: { code: -32000, message: 'replacement transaction underpriced' } }
    const answer = lands === 'new' ? await forward() : refusal
    if (lands === 'old') {
      await setBaseFee(scene, GWEI)
      // Anvil forgets what a block passed over; elsewhere it waited.
      await scene.rpc('eth_sendRawTransaction', [...versions][0])
    }
    await scene.rpc('evm_mine')
    await releaseBlocks(scene)
    return answer
  }
}

/** Which version of the act's first transaction landed. */
async function landed(scene: Scene): Promise<string> {
  const [first] = await scene.transactions()
  return `version ${first?.landed} of ${first?.versions} landed`
}
