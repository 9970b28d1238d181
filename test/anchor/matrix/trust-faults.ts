import { expect } from '@jest/globals'
import type { Hex } from 'viem'
import { keccak256 } from 'viem'
import { MemoryTransactionStore } from '../../../anchor/chain/transaction-store.ts'
import { type Fault, then } from './fault.ts'
import { altering, type FaultyNode, type Intercept } from './faulty-node.ts'
import { IMPATIENT, type Scene } from './scene.ts'

const FALSE_HASH = `0x${'ee'.repeat(32)}`
/** A bound on calls that come to nothing. */
const CALLS_MAX = 50

const isBroadcast = (method: string) => method === 'eth_sendRawTransaction'

/** Acts with a second node and a fault at one of both, and again without the fault. */
async function withSecond(scene: Scene, node: FaultyNode, intercept: Intercept): Promise<string> {
  node.intercept = intercept
  const first = await scene.attempt({ checked: true })
  node.intercept = undefined
  return then(first, await scene.attempt({ checked: true }))
}

/** As {@link withSecond}, for a fault that is waited for: until the node with the fault was asked what it is asked at the end. */
async function waiting(scene: Scene, node: FaultyNode, method: string, intercept: Intercept): Promise<string> {
  let asked = 0
  node.intercept = (request, forward) => {
    if (request.method === method) asked += 1
    return intercept(request, forward)
  }
  const outcomes = new Set<string>()
  for (let calls = 0; asked < 3 && calls < CALLS_MAX; calls++)
    outcomes.add(await scene.attempt({ checked: node === scene.second, wait: IMPATIENT }))
  node.intercept = undefined
  return then(...outcomes, await scene.attempt({ checked: node === scene.second }))
}

/** A node that takes a broadcast, passes it on to nobody, and shows a receipt in a block that is final. */
function forging(scene: Scene): Intercept {
  const forged = new Set<string>()
  return async ({ method, params }, forward) => {
    if (isBroadcast(method)) {
      const hash = keccak256(params[0] as Hex)
      forged.add(hash)
      return { result: hash }
    }
    if (method !== 'eth_getTransactionReceipt' || !forged.has(params[0] as string)) return forward()
    const final = await scene.rpc<{ number: Hex; hash: Hex }>('eth_getBlockByNumber', 'finalized', false)
    const place = { blockNumber: final.number, blockHash: final.hash, transactionHash: params[0] }
    return { result: { ...place, status: '0x1', logs: [], contractAddress: null, transactionIndex: '0x0' } }
  }
}

const SECOND_NODE: readonly Fault[] = [
  {
    name: 'second node has another final block',
    outcome: 'RPC_DISAGREEMENT → done',
    run: (scene) =>
      withSecond(
        scene,
        scene.second,
        altering('eth_getBlockByNumber', (block) => ({ ...block, hash: FALSE_HASH })),
      ),
  },
  {
    name: 'second node says that the transaction failed',
    outcome: 'RPC_DISAGREEMENT → done',
    run: (scene) =>
      withSecond(
        scene,
        scene.second,
        altering('eth_getTransactionReceipt', (receipt) => ({ ...receipt, status: '0x0' })),
      ),
  },
  {
    name: 'second node has another state of the contract',
    outcome: 'RPC_DISAGREEMENT → done',
    notFor: ['deposit'],
    async run(scene) {
      // As it was before the act.
      const before = await scene.rpc<Hex>('eth_blockNumber')
      const [call] = [async (params: readonly unknown[]) => scene.rpc<Hex>('eth_call', params[0], before)]
      return withSecond(scene, scene.second, async ({ method, params }, forward) =>
        method === 'eth_call' ? { result: await call(params) } : forward(),
      )
    },
  },
  {
    name: 'first node forges a receipt, and there is a second',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      // The second shows no receipt: it is waited for, and nothing is believed.
      let asked = 0
      scene.second.intercept = async ({ method }, forward) => {
        if (method === 'eth_getTransactionReceipt') asked += 1
        return forward()
      }
      scene.node.intercept = forging(scene)
      const outcomes = new Set<string>()
      for (let calls = 0; asked < 3 && calls < CALLS_MAX; calls++)
        outcomes.add(await scene.attempt({ checked: true, wait: IMPATIENT }))
      scene.node.intercept = undefined
      return then(...outcomes, await scene.attempt({ checked: true }))
    },
  },
  {
    name: 'first node forges a receipt, and there is no second',
    outcome: 'NOT_FINAL_YET → done',
    // Nothing but the receipt tells of a deposit: whoever has one node believes it.
    notFor: ['deposit'],
    async run(scene) {
      scene.node.intercept = forging(scene)
      const first = await scene.attempt({ wait: IMPATIENT })
      scene.node.intercept = undefined
      return then(first, await scene.attempt())
    },
  },
  {
    name: 'second node refuses to answer',
    outcome: 'NOT_FINAL_YET → done',
    run: (scene) =>
      waiting(scene, scene.second, 'eth_chainId', async () => ({ error: { code: -32005, message: 'limit exceeded' } })),
  },
  {
    name: 'second node is behind',
    outcome: 'NOT_FINAL_YET → done',
    run: (scene) =>
      waiting(scene, scene.second, 'eth_getBlockByNumber', async ({ method, params }, forward) => {
        if (method !== 'eth_getBlockByNumber' || params[0] !== 'finalized') return forward()
        return { result: await scene.rpc('eth_getBlockByNumber', '0x1', false) }
      }),
  },
  {
    name: 'second node serves another chain',
    outcome: 'CHAIN_ID_MISMATCH → done',
    run: (scene) =>
      withSecond(scene, scene.second, async ({ method }, forward) =>
        method === 'eth_chainId' ? { result: '0x1' } : forward(),
      ),
  },
]

const RACES: readonly Fault[] = [
  {
    name: 'two anchorers with the same key and other stores',
    outcome: 'each done, or told so → both done',
    // A deposit belongs to a store: two of them are two deposits, and both are meant.
    notFor: ['deposit'],
    run: (scene) => race(scene, new MemoryTransactionStore()),
  },
  {
    name: 'two anchorers with other keys',
    outcome: 'each done, or told so → both done',
    notFor: ['deposit'],
    run: (scene) => race(scene, new MemoryTransactionStore(), true),
  },
]

async function race(scene: Scene, store: MemoryTransactionStore, otherKey = false): Promise<string> {
  const other = { store, ...(otherKey ? { account: scene.act.other(scene.house) } : {}) }
  const first = await Promise.all([scene.attempt(), scene.attempt(other)])
  const told = ['done', 'NONCE_TAKEN', 'TRANSACTION_REVERTED', 'SIMULATION_FAILED', 'RPC_REFUSED']
  for (const outcome of first) expect(told).toContain(outcome)
  expect(await Promise.all([scene.attempt(), scene.attempt(other)])).toEqual(['done', 'done'])
  const rows = await store.withNonceFrom(31337, (other.account ?? scene.sender).address, 0)
  expect(rows.filter(({ state }) => state === 'signed')).toEqual([])
  return 'each done, or told so → both done'
}

export const TRUST_FAULTS: readonly Fault[] = [...SECOND_NODE, ...RACES]
