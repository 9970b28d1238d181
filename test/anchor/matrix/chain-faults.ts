import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { type Hex, keccak256 } from 'viem'
import { feesOf } from '../../../anchor/chain/fees.ts'
import { WarehouseTransactionStore } from '../../../jobs/anchoring/warehouse-transaction-store.ts'
import { LOCAL } from '../chain-house.ts'
import { type Fault, then } from './fault.ts'
import { altering, UNTIL_FINAL } from './faulty-node.ts'
import { IMPATIENT, type Scene } from './scene.ts'

const ETHER = 10n ** 18n
const GWEI = 10n ** 9n
/** Deeper than what is final behind one broadcast, and above what an act rests on. */
const PAST_FINAL = 75

const isBroadcast = (method: string) => method === 'eth_sendRawTransaction'
const hex = (value: bigint): Hex => `0x${value.toString(16)}`

async function setBalance(scene: Scene, balance: bigint): Promise<void> {
  await scene.rpc('anvil_setBalance', scene.sender.address, hex(balance))
}

/** From now on a broadcast is included only when somebody mines. */
async function holdBlocks(scene: Scene): Promise<void> {
  await scene.rpc('evm_setAutomine', false)
  scene.node.minesBehindBroadcasts = false
}

async function releaseBlocks(scene: Scene): Promise<void> {
  await scene.rpc('evm_setAutomine', true)
  scene.node.minesBehindBroadcasts = true
  await scene.rpc('anvil_mine', UNTIL_FINAL)
}

/** Puts the hash of the transaction that the act broadcast last in front of whoever asks. */
function watchBroadcasts(scene: Scene): { raws: Hex[] } {
  const seen = { raws: [] as Hex[] }
  scene.node.intercept = async ({ method, params }, forward) => {
    if (isBroadcast(method)) seen.raws.push(params[0] as Hex)
    return forward()
  }
  return seen
}

/** Anvil mines a moment after it has answered. */
async function included(scene: Scene, raw: Hex): Promise<void> {
  while ((await scene.rpc('eth_getTransactionReceipt', keccak256(raw))) === null) await sleep(2)
}

async function goOn(scene: Scene): Promise<void> {
  await new WarehouseTransactionStore(scene.warehouse).clearHalt(LOCAL)
}

const REORGANISATIONS: readonly Fault[] = [
  {
    name: 'reorganisation before inclusion',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      await holdBlocks(scene)
      const first = await scene.attempt({ wait: IMPATIENT })
      await scene.rpc('anvil_reorg', 3, [])
      await releaseBlocks(scene)
      return then(first, await scene.attempt())
    },
  },
  {
    name: 'reorganisation drops the block of the transaction',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      scene.node.minesBehindBroadcasts = false
      const seen = watchBroadcasts(scene)
      const first = await scene.attempt({ wait: IMPATIENT })
      await included(scene, seen.raws[0]!)
      await scene.rpc('anvil_reorg', 2, [])
      scene.node.minesBehindBroadcasts = true
      const second = await scene.attempt()
      // The same bytes: nothing was signed anew.
      expect(seen.raws.slice(0, 2)).toEqual([seen.raws[0], seen.raws[0]])
      return then(first, second)
    },
  },
  {
    name: 'reorganisation moves the transaction to another block',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      scene.node.minesBehindBroadcasts = false
      const seen = watchBroadcasts(scene)
      const first = await scene.attempt({ wait: IMPATIENT })
      await included(scene, seen.raws[0]!)
      await scene.rpc('anvil_reorg', 2, [[seen.raws[0], 1]])
      scene.node.minesBehindBroadcasts = true
      await scene.rpc('anvil_mine', UNTIL_FINAL)
      return then(first, await scene.attempt())
    },
  },
]

/**
 * First on a new anvil: it keeps the states of its newest blocks in memory and the older ones on disk, and what it goes back to on
 * disk has no contracts.
 */
export const DEEP_FAULTS: readonly Fault[] = [
  {
    name: 'reorganisation past finalized',
    outcome: 'done → FINALITY_BROKEN → CHAIN_HALTED → (operator) done',
    async run(scene) {
      const before = await scene.attempt()
      await scene.rpc('anvil_reorg', PAST_FINAL, [])
      expect(await scene.act.effects(scene.house)).toBe(0)
      const outcomes = [before, await scene.attempt(), await scene.attempt()]
      expect(await scene.sendOther('other')).toBe('CHAIN_HALTED')
      await goOn(scene)
      return then(...outcomes, `(operator) ${await scene.attempt()}`)
    },
  },
  {
    name: 'chain falls back past finalized, and grows another way',
    outcome: 'done → CHAIN_BEHIND → FINALITY_BROKEN → CHAIN_HALTED → (operator) done',
    async run(scene) {
      const outcomes = [await scene.attempt()]
      await scene.rpc('anvil_rollback', PAST_FINAL)
      outcomes.push(await scene.attempt())
      await scene.rpc('anvil_mine', hex(BigInt(PAST_FINAL)))
      outcomes.push(await scene.attempt(), await scene.attempt())
      await goOn(scene)
      return then(...outcomes, `(operator) ${await scene.attempt()}`)
    },
  },
]

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

const FUNDS_AND_FEES: readonly Fault[] = [
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

async function setBaseFee(scene: Scene, fee: bigint): Promise<void> {
  await scene.rpc('anvil_setNextBlockBaseFeePerGas', hex(fee))
  await scene.rpc('evm_mine')
}

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

export const CHAIN_FAULTS: readonly Fault[] = [...REORGANISATIONS, ...NONCES, ...FUNDS_AND_FEES, ...OTHERS]
