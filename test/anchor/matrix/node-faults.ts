import { expect } from '@jest/globals'
import { Xoshiro128 } from '../../../extractors/random.ts'
import { EITHER_KIND, type Fault, then } from './fault.ts'
import { altering, type Intercept, type NodeAnswer } from './faulty-node.ts'
import { HTTP_MS, IMPATIENT, type Scene } from './scene.ts'

const SEED = process.env.TALLY_SEED ?? String(Date.now())
const GARBLED_CALLS_MAX = 400
const HANG_MS = 100
/** More than a client reads. */
const HUGE_BYTES = 17 * 1024 * 1024

const HUGE: NodeAnswer = { status: 200, body: ' '.repeat(HUGE_BYTES), type: 'application/json' }
const BUSY: NodeAnswer = { status: 503, body: 'busy' }
const isBroadcast = (method: string) => method === 'eth_sendRawTransaction'

/** As anvil until a broadcast was taken, and `answer` to everything from then on. */
function afterBroadcast(answer: () => NodeAnswer): Intercept {
  let taken = false
  return async ({ method }, forward) => {
    if (taken) return answer()
    taken = isBroadcast(method)
    return forward()
  }
}

/** Acts with the fault, and again without it. */
async function withAndWithout(scene: Scene, intercept: Intercept, http_ms = HTTP_MS): Promise<string> {
  scene.node.intercept = intercept
  const first = await scene.attempt({ http_ms })
  scene.node.intercept = undefined
  return then(first, await scene.attempt())
}

/** What no node says. */
const NONSENSE: readonly NodeAnswer[] = [
  { result: '0x12' },
  { result: '-0x1' },
  { result: -1 },
  { result: 1.5 },
  { result: `0x${'g'.repeat(64)}` },
  { result: `0x${'ab'.repeat(31)}` },
  { result: {} },
  { result: [] },
  { result: [null] },
  { result: true },
  { result: { number: '0x1', hash: '0x1', timestamp: '0x1', status: '0x7', logs: {} } },
  { error: { code: 'x', message: { of: 7 } } },
  { error: null },
  { error: 'no' },
  { status: 200, body: '<html>welcome to our network</html>' },
  { status: 200, body: 'null', type: 'application/json' },
  { status: 200, body: '{"jsonrpc":"2.0","id":1,"resu', type: 'application/json' },
  { status: 200, body: '' },
  { status: 502, body: '' },
]

/** A number that a quantity may be is no nonsense: 0x12 stands for a hash, a block or a receipt. */
const QUANTITIES = new Set(['eth_getTransactionCount', 'eth_getBalance', 'eth_estimateGas', 'eth_maxPriorityFeePerGas'])

export const NODE_FAULTS: readonly Fault[] = [
  {
    name: 'none',
    outcome: 'done',
    run: (scene) => scene.attempt(),
  },
  {
    name: 'answer to the broadcast is lost: it landed, and the call threw',
    outcome: 'done',
    async run(scene) {
      let lost = 0
      scene.node.intercept = async ({ method }, forward) => {
        const answer = await forward()
        return isBroadcast(method) && lost++ === 0 ? BUSY : answer
      }
      const outcome = await scene.attempt({ http_ms: HTTP_MS })
      expect(lost).toBeGreaterThan(0)
      return outcome
    },
  },
  {
    name: 'broadcast is refused three times',
    outcome: 'done',
    notFor: EITHER_KIND,
    async run(scene) {
      const raws: unknown[] = []
      scene.node.intercept = async ({ method, params }, forward) => {
        if (!isBroadcast(method) || raws.push(params[0]) > 3) return forward()
        return { error: { code: -32000, message: 'txpool is full' } }
      }
      const outcome = await scene.attempt()
      expect(new Set(raws.slice(0, 4)).size).toBe(1)
      return outcome
    },
  },
  {
    name: 'node answers 503 from the start',
    outcome: 'RPC_UNREACHABLE → done',
    notFor: EITHER_KIND,
    run: (scene) => withAndWithout(scene, async () => BUSY),
  },
  {
    name: 'node answers 503 behind the broadcast',
    outcome: 'RPC_UNREACHABLE → done',
    notFor: EITHER_KIND,
    run: (scene) =>
      withAndWithout(
        scene,
        afterBroadcast(() => BUSY),
      ),
  },
  {
    name: 'node hangs behind the broadcast',
    outcome: 'RPC_UNREACHABLE → done',
    notFor: EITHER_KIND,
    run: (scene) =>
      withAndWithout(
        scene,
        afterBroadcast(() => ({ hangs: true })),
        HANG_MS,
      ),
  },
  {
    name: 'answers of 17 MiB behind the broadcast',
    outcome: 'RPC_MALFORMED → done',
    notFor: EITHER_KIND,
    run: (scene) =>
      withAndWithout(
        scene,
        afterBroadcast(() => HUGE),
      ),
  },
  {
    name: 'receipts with a false status',
    outcome: 'RPC_MALFORMED → done',
    notFor: EITHER_KIND,
    run: (scene) =>
      withAndWithout(
        scene,
        altering('eth_getTransactionReceipt', (receipt) => ({ ...receipt, status: '0x2' })),
      ),
  },
  {
    name: 'a receipt of another transaction',
    outcome: 'RPC_MALFORMED → done',
    notFor: EITHER_KIND,
    run: (scene) =>
      withAndWithout(
        scene,
        altering('eth_getTransactionReceipt', (receipt) => ({ ...receipt, transactionHash: `0x${'ee'.repeat(32)}` })),
      ),
  },
  {
    name: 'a receipt in a block that is not the one at its height',
    outcome: 'NOT_FINAL_YET → done',
    async run(scene) {
      scene.node.intercept = altering('eth_getTransactionReceipt', (receipt) => ({
        ...receipt,
        blockHash: `0x${'ee'.repeat(32)}`,
      }))
      const first = await scene.attempt({ wait: { poll_ms: 2, timeout_ms: 50 } })
      scene.node.intercept = undefined
      return then(first, await scene.attempt())
    },
  },
  {
    name: 'every eighth answer is nonsense',
    outcome: 'typed errors → done',
    async run(scene) {
      const random = Xoshiro128.fromSeed(`${SEED}/${scene.act.name}`)
      scene.node.intercept = async ({ method }, forward) => {
        const isGarbled = random.nextUint32() % 8 === 0
        const nonsense = NONSENSE[random.nextUint32() % NONSENSE.length]!
        const isPlausible = 'result' in nonsense && nonsense.result === '0x12' && QUANTITIES.has(method)
        return isGarbled && !isPlausible ? nonsense : forward()
      }
      const outcomes = new Set<string>()
      for (let calls = 0; !outcomes.has('done'); calls++) {
        if (calls === GARBLED_CALLS_MAX) throw new Error(`Not done after ${calls} calls; TALLY_SEED=${SEED}`)
        // An answer that was refused is a typed error; whatever else was thrown ends the test here.
        const outcome = await scene.attempt({ wait: IMPATIENT, http_ms: HTTP_MS }).catch((error: unknown) => {
          throw new Error(`A crash with TALLY_SEED=${SEED}`, { cause: error })
        })
        outcomes.add(outcome)
      }
      scene.node.intercept = undefined
      return 'typed errors → done'
    },
  },
]
