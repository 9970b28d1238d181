import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  type Abi,
  type Address,
  createTestClient,
  encodeDeployData,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  hexToBytes,
  http,
  maxUint256,
  publicActions,
  walletActions,
} from 'viem'
import { encodeFinalizeEpoch, encodeProposeEpoch } from '../../anchor/chain/distributor.ts'
import { epochContentOf } from '../../anchor/chain/epoch-content.ts'
import { type LocalChain, startLocalChain } from '../../anchor/chain/local-chain.ts'
import { tallyDistributorAbi, tallyDistributorBytecode } from '../../anchor/contracts/artifacts/tally-distributor.ts'
import { testTokenAbi, testTokenBytecode } from '../../anchor/contracts/artifacts/test-token.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import type { PayoutTree } from '../../anchor/payout/payout-tree.ts'
import { payoutTreeOf } from '../../jobs/publish/payout-tree.ts'
import { fromHex } from '../../schemas/ids.ts'
import { WholeLedger } from '../oracle/economy/whole-ledger.ts'
import { acceptedEvents } from '../support/ledger/accepted-events.ts'
import { GENESIS, OTHER_TOKEN, TOKEN } from '../support/ledger/cast.ts'
import { influenceAgain, influenceOf } from '../support/ledger/influence.ts'
import { RandomContests } from '../support/ledger/random-contests.ts'
import { type Random, randomOf } from '../support/ledger/random-features.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'
import { describeWithAnvil, GENESIS_S } from './chain-anvil.ts'

const EPOCHS = 3
const ORDERS = 2
const { seed } = runs(1)
/** Everything is paid in the first one: several accounts, both tokens, in more than one epoch. */
const seeds = [78, seed]
const DELAY_S = 3_600
/** Nothing is too small, so that many are paid. */
const POLICY = {
  ...{ dataParts: 300_000, modelParts: 250_000, upstreamParts: 150_000, agentParts: 100_000, outcomeParts: 50_000 },
  ...{ infrastructureParts: 100_000, treasuryParts: 50_000, minEvents: 1, featureWaitEpochs: 1 },
  ...{ disputeWindowEpochs: 2, disputeWaitEpochs: 1, disputeBonds: [{ token: fromHex(TOKEN), amount: 1n }] },
}
const TOKENS = [TOKEN, OTHER_TOKEN] as const

/** An epoch as the contract is told of it. */
interface Published {
  readonly manifest: Manifest
  readonly tree: PayoutTree
  /** In no order. */
  readonly payouts: readonly { readonly account: Address; readonly token: Address; readonly cumulative: bigint }[]
}

/** @returns its epochs, and what the naive oracle says that every account was paid in all, by account and token */
async function liveThrough(own: number): Promise<{ epochs: Published[]; paid: ReadonlyMap<string, bigint> }> {
  const world = await RandomWorld.found(own, POLICY, new RandomContests(own))
  const naive = new WholeLedger()
  const { ledger } = world.ledger
  try {
    const epochs: Published[] = []
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      const manifest = await world.runEpoch()
      const accepted = await acceptedEvents(world.ledger, epoch, naive.fees.all.length)
      naive.settle(accepted, await influenceOf(ledger, epoch), await influenceAgain(world.ledger, epoch))
      const payouts = await ledger.warehouse.all<{ account: Address; token: Address; cumulative: bigint }>(
        'SELECT account, token, cumulative FROM account_total WHERE epoch = $epoch AND cumulative > 0 ORDER BY ALL',
        { epoch },
      )
      epochs.push({ manifest, tree: await payoutTreeOf(ledger, epoch), payouts })
    }
    const paid = [...naive.fees.accounts].map(([key, { cumulative }]) => [key, cumulative] as const)
    return { epochs, paid: new Map(paid.filter(([, cumulative]) => cumulative > 0n)) }
  } finally {
    world.ledger.close()
  }
}

/** A local chain on which token and distributor stand at the addresses that random ledgers name. */
class Stage {
  readonly #chain: LocalChain
  readonly #client
  #snapshot: Hex = '0x'

  constructor(chain: LocalChain) {
    this.#chain = chain
    this.#client = createTestClient({ mode: 'anvil', transport: http(chain.rpcUrl, { retryCount: 0 }), cacheTime: 0 })
      .extend(publicActions)
      .extend(walletActions)
  }

  get #operator() {
    return this.#chain.accounts[0]!
  }

  get #proposer() {
    return this.#chain.accounts[1]!
  }

  async furnish(): Promise<void> {
    for (const token of TOKENS) await this.#install(testTokenAbi, testTokenBytecode, [this.#operator.address], token)
    const setup = {
      ...{
        admin: this.#operator.address,
        proposer: this.#proposer.address,
        guardian: this.#chain.accounts[9]!.address,
      },
      ...{ attesters: [], threshold: 0, minimumDelay: BigInt(DELAY_S), adminDelay: BigInt(DELAY_S), tokens: TOKENS },
    }
    await this.#install(tallyDistributorAbi, tallyDistributorBytecode, [setup], GENESIS.distributor)
    for (const token of TOKENS) {
      const all = { abi: testTokenAbi, functionName: 'mint', args: [this.#operator.address, 1n << 120n] } as const
      await this.#send(this.#operator, token, encodeFunctionData(all))
      const approve = { abi: erc20Abi, functionName: 'approve', args: [GENESIS.distributor, maxUint256] } as const
      await this.#send(this.#operator, token, encodeFunctionData(approve))
    }
    this.#snapshot = await this.#client.snapshot()
  }

  /** As it was furnished: no epoch, and nobody has anything. */
  async clear(): Promise<void> {
    await this.#client.revert({ id: this.#snapshot })
    this.#snapshot = await this.#client.snapshot()
  }

  /** A contract where it was not deployed: its code and its storage are those of one that was. */
  async #install(abi: Abi, bytecode: Hex, args: readonly unknown[], at: Address): Promise<void> {
    const receipt = await this.#send(this.#operator, null, encodeDeployData({ abi, bytecode, args }))
    const made = receipt.contractAddress!
    await this.#client.setCode({ address: at, bytecode: (await this.#client.getCode({ address: made }))! })
    const dumped = gunzipSync(hexToBytes(await this.#client.dumpState())).toString()
    const { accounts } = JSON.parse(dumped) as { accounts: Record<string, { storage: Record<Hex, Hex> }> }
    for (const [index, value] of Object.entries(accounts[made.toLowerCase()]!.storage) as [Hex, Hex][])
      await this.#client.setStorageAt({ address: at, index, value })
  }

  async #send(account: LocalChain['accounts'][number], to: Address | null, data: Hex) {
    const hash = await this.#client.sendTransaction({ account, to, data, chain: null, gas: 15_000_000n })
    const receipt = await this.#client.waitForTransactionReceipt({ hash, pollingInterval: 5 })
    expect(receipt.status).toBe('success')
    return receipt
  }

  /** All that the epoch's totals name and that was not deposited before. */
  async deposit(token: Address, amount: bigint): Promise<void> {
    const call = {
      abi: tallyDistributorAbi,
      functionName: 'deposit',
      args: [token, amount, this.#operator.address],
    } as const
    if (amount > 0n) await this.#send(this.#operator, GENESIS.distributor, encodeFunctionData(call))
  }

  async finalize(manifest: Manifest): Promise<void> {
    const content = epochContentOf(manifest, 'file:a-test')
    await this.#send(this.#proposer, GENESIS.distributor, encodeProposeEpoch(content))
    await this.#chain.advanceTime(DELAY_S)
    await this.#send(this.#operator, GENESIS.distributor, encodeFinalizeEpoch(content.epoch))
  }

  /** In that order, in one transaction; those that ask for nothing new are skipped. */
  async claim({ manifest, tree, payouts }: Published, order: Random, most: number): Promise<number> {
    const chosen = shuffled(payouts, order).slice(0, most)
    const claims = chosen.map(({ account, token, cumulative }) => ({
      ...{ epoch: BigInt(manifest.epoch), account, token, cumulative, proof: tree.proofOf(account, token) },
    }))
    const call = { abi: tallyDistributorAbi, functionName: 'claimMany', args: [claims] } as const
    await this.#send(this.#chain.accounts[2]!, GENESIS.distributor, encodeFunctionData(call))
    return chosen.length
  }

  /** By account and token, what everybody has. */
  async balancesOf(payouts: Published['payouts']): Promise<Map<string, bigint>> {
    const balances = new Map<string, bigint>()
    for (const { account, token } of payouts) {
      const call = { abi: erc20Abi, address: token, functionName: 'balanceOf', args: [account] } as const
      balances.set(`${account} ${token}`, await this.#client.readContract(call))
    }
    return balances
  }
}

function shuffled<Value>(values: readonly Value[], random: Random): Value[] {
  const left = [...values]
  return values.map(() => left.splice(random(left.length), 1)[0]!)
}

/** Each epoch is finalized, and some claim it or an earlier one; at last everybody claims. */
async function claimInSomeOrder(stage: Stage, epochs: readonly Published[], order: Random) {
  await stage.clear()
  const deposited = new Map<Address, bigint>()
  for (const [index, each] of epochs.entries()) {
    for (const { token, total } of each.manifest.payout.totals) {
      await stage.deposit(token, BigInt(total) - (deposited.get(token) ?? 0n))
      deposited.set(token, BigInt(total))
    }
    await stage.finalize(each.manifest)
    for (let times = order(3); times > 0; times--) {
      const claimed = epochs[order(index + 1)]!
      await stage.claim(claimed, order, order(claimed.payouts.length + 1))
    }
  }
  const last = epochs.at(-1)!
  while ((await stage.claim(last, order, 1 + order(last.payouts.length))) < last.payouts.length);
  return stage.balancesOf(last.payouts)
}

describeWithAnvil('promise 5: claims of random ledgers, on the contract', () => {
  let chain: LocalChain
  let stage: Stage
  beforeAll(async () => {
    chain = await startLocalChain({ genesisTime_s: GENESIS_S })
    stage = new Stage(chain)
    await stage.furnish()
  })
  afterAll(() => chain.stop())

  test.each(seeds)(
    'seed %i: by whom and in which order the epochs are claimed makes no difference: all have what a naive oracle says that they were paid',
    async (each) => {
      const { epochs, paid } = await liveThrough(each)
      if (each === seeds[0]) {
        expect(paid.size).toBeGreaterThan(8)
        expect(new Set([...paid.keys()].map((key) => key.split(' ')[1])).size).toBe(2)
        expect(epochs[1]!.payouts.length).toBeGreaterThan(0)
      }
      for (let order = 0; order < ORDERS; order++)
        expect(await claimInSomeOrder(stage, epochs, randomOf(each + order))).toEqual(paid)
    },
  )
})
