import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { type Hex, keccak256 } from 'viem'
import { WarehouseTransactionStore } from '../../../jobs/anchoring/warehouse-transaction-store.ts'
import { LOCAL } from '../chain-house.ts'
import { hex, holdBlocks, isBroadcast, releaseBlocks } from './anvil-control.ts'
import { type Fault, then } from './fault.ts'
import { UNTIL_FINAL } from './faulty-node.ts'
import { IMPATIENT, type Scene } from './scene.ts'

/** Deeper than what is final behind one broadcast, and above what an act rests on. */
const PAST_FINAL = 75

/** Collects the bytes that are broadcast. */
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

export const REORGANISATIONS: readonly Fault[] = [
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
