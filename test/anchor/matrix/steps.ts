import { expect } from '@jest/globals'
import type { Hex } from 'viem'
import { WarehouseTransactionStore } from '../../../jobs/anchoring/warehouse-transaction-store.ts'
import { Died, Mortal } from '../chain-mortal.ts'
import type { Scene } from './scene.ts'
import type { MatrixRow } from './table.ts'

/** What leaves something behind: a row, or bytes in somebody's mempool. */
const LEAVES_SOMETHING = /^(save|remember|halt|eth_sendRawTransaction)/

/**
 * Kills the act before each operation on its store and its node, and behind the last one; then starts it again with nothing but
 * the store and the chain. Behind one operation is before the next: whoever dies has nothing in between that survives.
 *
 * @param where `all`: every one; `changes`: before and behind each that changes the store or the chain. Any read between two
 *              changes dies with the same store and chain, so one act killed at all of them stands for the others.
 * @returns one row for each kind of operation, in the order in which they come
 */
export async function killEverywhere(scene: Scene, where: 'all' | 'changes'): Promise<MatrixRow[]> {
  const undisturbed = new Mortal()
  await start(scene, undisturbed)
  expectOrder(undisturbed.operations)
  const nonces = await usedNonces(scene)
  const names = [...undisturbed.operations, 'the end']
  const kinds = new Map<string, number>()
  for (const [at, name] of names.entries()) {
    const isChange = LEAVES_SOMETHING.test(name) || LEAVES_SOMETHING.test(names[at - 1] ?? '')
    if (where === 'changes' && !isChange) continue
    await scene.restart()
    const isEnd = at === undisturbed.operations.length
    const mortal = isEnd ? new Mortal(at, 'after') : new Mortal(at + 1, 'before')
    expect(isDeath(await start(scene, mortal).catch((error: unknown) => error))).toBe(true)
    expect(await scene.attempt()).toBe('done')
    // As many transactions as without the death: what was signed is used, and nothing is signed twice.
    expect(await usedNonces(scene)).toBe(nonces)
    expect(await scene.act.effects(scene.house)).toBe(1)
    const open = "SELECT intent FROM chain_transaction WHERE state NOT IN ('confirmed', 'intended')"
    expect(await scene.warehouse.all(open)).toEqual([])
    kinds.set(name, (kinds.get(name) ?? 0) + 1)
  }
  await scene.expectSurvived()
  const { name: act } = scene.act
  return [...kinds].map(([name, times]) => {
    return { fault: `killed before ${name} (${times} ×)`, act, outcome: 'killed → done', effects: 1 }
  })
}

async function start(scene: Scene, mortal: Mortal): Promise<unknown> {
  const store = mortal.store(new WarehouseTransactionStore(scene.warehouse))
  const context = await scene.context({ store, transport: mortal.transport(scene.node.transport()) })
  return scene.act.act(scene.house, context)
}

async function usedNonces(scene: Scene): Promise<number> {
  return Number(await scene.rpc<Hex>('eth_getTransactionCount', scene.sender.address, 'latest'))
}

/** Each step is written down before it acts. */
function expectOrder(operations: readonly string[]): void {
  const at = (name: string) => operations.indexOf(name)
  const order = [
    'save intended',
    'eth_estimateGas',
    'save signed',
    'eth_sendRawTransaction',
    'remember',
    'save confirmed',
  ]
  for (const [i, name] of order.entries()) {
    expect({ name, at: at(name) }).not.toEqual({ name, at: -1 })
    if (i > 0) expect({ name, isLater: at(name) > at(order[i - 1]!) }).toEqual({ name, isLater: true })
  }
}

/** viem wraps what a transport throws. */
function isDeath(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof Died) return true
  return false
}
