import { expect } from '@jest/globals'
import { encodeFunctionData, erc20Abi, type Hex, type LocalAccount, type Transport } from 'viem'
import type { ActContext } from '../../../anchor/chain/act-once.ts'
import type { ChainEntry } from '../../../anchor/chain/chain-table.ts'
import { type ChainConnection, connectChain, httpTo } from '../../../anchor/chain/connect.ts'
import { type Call, sendOnce } from '../../../anchor/chain/send.ts'
import type { TransactionStore } from '../../../anchor/chain/transaction-store.ts'
import { WarehouseTransactionStore } from '../../../jobs/anchoring/warehouse-transaction-store.ts'
import type { Database } from '../../../pipelines/warehouse/database.ts'
import { TallyError } from '../../../schemas/errors.ts'
import { rpc } from '../chain-anvil.ts'
import { type House, LOCAL } from '../chain-house.ts'
import type { ActUnderTest } from './acts.ts'
import { FaultyNode } from './faulty-node.ts'
import { emptyTables } from './warehouse-store.ts'

/** So many blocks that a reorganisation past finality leaves alone what the act rests on. */
const DEEP = '0x80'
/** Longer than anything takes that comes to an end. */
const PATIENT = { poll_ms: 2, timeout_ms: 30_000 }
/** For what only an operator or time can end: one look, and the broadcast that follows it. */
export const IMPATIENT = { poll_ms: 2, timeout_ms: 1 }
/** Longer than any answer takes. */
export const HTTP_MS = 20_000

export interface ContextOptions {
  readonly store?: TransactionStore
  readonly account?: LocalAccount
  readonly wait?: ActContext['wait']
  /** Ask a second node too: {@link Scene.second}. */
  readonly checked?: boolean
  /** Over HTTP, and how long an answer is waited for. */
  readonly http_ms?: number
  readonly entry?: Partial<ChainEntry>
  readonly transport?: Transport
}

/** A chain with finality, a warehouse, and one act that is about to happen; each fault begins with the same chain and nothing stored. */
export class Scene {
  readonly house: House
  readonly act: ActUnderTest
  readonly node: FaultyNode
  readonly second: FaultyNode
  readonly warehouse: Database
  #snapshot: Hex = '0x'
  #restarts = 0

  private constructor(house: House, act: ActUnderTest, nodes: [FaultyNode, FaultyNode], warehouse: Database) {
    this.house = house
    this.act = act
    this.node = nodes[0]
    this.second = nodes[1]
    this.warehouse = warehouse
  }

  static async prepare(house: House, act: ActUnderTest, warehouse: Database): Promise<Scene> {
    const { rpcUrl } = house.chain
    const scene = new Scene(house, act, [await FaultyNode.start(rpcUrl), await FaultyNode.start(rpcUrl)], warehouse)
    await act.prepare(house)
    scene.#snapshot = await scene.rpc('evm_snapshot')
    return scene
  }

  async stop(): Promise<void> {
    await this.node.stop()
    await this.second.stop()
  }

  /** Back to the chain before the act, with an empty store and two nodes without a fault. */
  async restart(): Promise<void> {
    for (const node of [this.node, this.second]) {
      node.intercept = undefined
      node.minesBehindBroadcasts = true
    }
    await this.rpc('anvil_setChainId', LOCAL)
    await this.rpc('evm_setAutomine', true)
    await this.rpc('anvil_dropAllTransactions')
    await this.rpc('evm_revert', this.#snapshot)
    this.#snapshot = await this.rpc('evm_snapshot')
    // Blocks of their own each time: anvil keeps states by hash, and forgets the older of two that are equal.
    this.#restarts += 1
    await this.rpc('anvil_setCoinbase', `0x${this.#restarts.toString(16).padStart(40, '0')}`)
    // Behind the snapshot: anvil cannot go back to a block that a reorganisation replaced.
    await this.rpc('anvil_mine', DEEP)
    await emptyTables(this.warehouse)
  }

  /** Asks anvil itself. */
  rpc<Answer>(method: string, ...params: unknown[]): Promise<Answer> {
    return rpc(this.house.chain.rpcUrl, method, ...params)
  }

  get sender(): LocalAccount {
    return this.act.sender(this.house)
  }

  /** What a process acts with that was just started: nothing but the warehouse is kept from before. */
  async context(options: ContextOptions = {}): Promise<ActContext> {
    const { http_ms, entry, checked = false } = options
    const reach = (node: FaultyNode) => (http_ms === undefined ? node.transport() : httpTo(node.url, http_ms, 0))
    const { distributor } = this.house
    const found = await connectChain({
      rpcUrl: this.node.url,
      chainId: LOCAL,
      transport: options.transport ?? reach(this.node),
      ...(checked ? { checkRpcUrl: this.second.url, checkTransport: reach(this.second) } : {}),
    })
    const finalizing = (each: ChainConnection): ChainConnection => ({
      ...each,
      entry: { ...each.entry, finalityTag: 'finalized', ...entry },
    })
    const { check, ...first } = found
    const connection = { ...finalizing(first), ...(check === undefined ? {} : { check: finalizing(check) }) }
    const store = options.store ?? new WarehouseTransactionStore(this.warehouse)
    return { connection, store, account: options.account ?? this.sender, distributor, wait: options.wait ?? PATIENT }
  }

  /** Acts once: `done`, or the code of the error. What is no error of ours is thrown on: it would be a crash. */
  async attempt(options: ContextOptions = {}, number?: number): Promise<string> {
    return outcomeOf(async () => this.act.act(this.house, await this.context(options), number))
  }

  /** As an operator who saw why it failed: the contract keeps most acts from happening twice, a deposit needs another name. */
  async attemptAnew(): Promise<string> {
    if (this.act.name !== 'deposit') return this.attempt()
    const again = await this.attempt()
    return `${again} → ${await this.attempt({}, 2)} under another name`
  }

  /** Any other call of the same account: it works when nothing is in the way. */
  async sendOther(intent: string, options: ContextOptions = {}): Promise<string> {
    const args = [this.house.deployer.address, 1n] as const
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args })
    const call: Call = { intent, to: this.house.token, data }
    return outcomeOf(async () => sendOnce(await this.context(options), call))
  }

  /** @throws when it did not happen once, when something stored is in the way, or when the account cannot go on */
  async expectSurvived(): Promise<number> {
    expect(await this.sendOther('next')).toBe('done')
    const effects = await this.act.effects(this.house)
    expect(effects).toBe(1)
    const open = "SELECT intent, state FROM chain_transaction WHERE state = 'signed'"
    expect(await this.warehouse.all(open)).toEqual([])
    return effects
  }

  /** Rows of the act's own transactions, oldest nonce first. */
  async transactions(): Promise<{ intent: string; state: string; versions: bigint; landed: number | null }[]> {
    return this.warehouse.all(
      `SELECT t.intent, state, count(*) AS versions, max(CASE WHEN v.hash = landed_hash THEN version END) AS landed
       FROM chain_transaction t JOIN chain_version v ON v.intent = t.intent
       GROUP BY ALL ORDER BY min(nonce)`,
    )
  }
}

async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'done'
  } catch (error) {
    if (error instanceof TallyError) return error.code
    throw error
  }
}
