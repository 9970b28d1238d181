import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createWalletClient, type Hex, http, parseAbi } from 'viem'
import { foundry } from 'viem/chains'
import { type LocalChain, startLocalChain } from '../../anchor/chain/local-chain.ts'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { describeWithAnvil, GENESIS_S, rpc } from '../anchor/chain-anvil.ts'
import { compileIdentityRegistry } from '../support/identity-registry.ts'
import { addressOf, GENESIS, type Name, signerOf, TOKEN } from '../support/ledger/cast.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const SETUP_LIMIT_MS = 120_000
const ETHER = `0x${(10n ** 18n).toString(16)}`
const REGISTRY = parseAbi(['function register() returns (uint256)'])

describeWithAnvil('tally agent show', () => {
  const path = temporaryFolder()
  let chain: LocalChain
  let registry: string
  let data: string

  /** A ledger of an agent of alice's with the registry's first identity, of one with the second, and of one with none. */
  beforeAll(async () => {
    chain = await startLocalChain({ genesisTime_s: GENESIS_S })
    registry = await deployRegistry(['alice', 'stranger'])
    data = path('ledger')
    mkdirSync(data)
    writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
    const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
    try {
      const log = await session.log()
      await log.sink.append(await recordsOf(registry))
      await closeEpoch({ ledger: await session.ledger(), ...log, clock: session.clock, cutNow: true })
    } finally {
      await session.close()
    }
    for (const verb of ['attribute', 'settle'])
      expect(await tallyHere([verb, '--data', data])).toMatchObject({ end: 0, stderr: '' })
  }, SETUP_LIMIT_MS)
  afterAll(() => chain.stop())

  async function deployRegistry(names: readonly Name[]): Promise<string> {
    const walletOf = (name: Name) =>
      createWalletClient({ account: signerOf(name), chain: foundry, transport: http(chain.rpcUrl) })
    const mined = async (hash: Hex) => {
      await rpc(chain.rpcUrl, 'anvil_mine')
      return (await rpc(chain.rpcUrl, 'eth_getTransactionReceipt', hash)) as { contractAddress: Hex }
    }
    for (const name of names) await rpc(chain.rpcUrl, 'anvil_setBalance', addressOf(name), ETHER)
    const deployed = await walletOf(names[0]!).deployContract({ abi: REGISTRY, bytecode: compileIdentityRegistry() })
    const address = (await mined(deployed)).contractAddress
    for (const name of names)
      await mined(await walletOf(name).writeContract({ address, abi: REGISTRY, functionName: 'register' }))
    return address.toLowerCase()
  }

  const show = (agent: string, ...args: string[]) => tallyHere(['agent', 'show', agent, '--data', data, ...args])

  test('says who it is, whom its work paid, what it earned, its ratings, its steps and its memory', async () => {
    const document = documentOf(await show('bot', '--json'))
    expect(document).toMatchObject({
      agent: 'bot',
      identity: `eip155:31337:${registry}/1`,
      identityCheck: { state: 'not checked' },
      owners: [{ account: addressOf('alice'), parts: 1_000_000 }],
      paid: [
        {
          ...{ token: TOKEN, uses: 1, fees: '1000', outcome: { waiting: '0', divided: '200' } },
          owners: [
            { kind: 'model', asset: 'reader', amount: '200' },
            { kind: 'infrastructure', asset: 'gateway', amount: '150' },
            { kind: 'agent', asset: 'bot', amount: '100' },
            { kind: 'treasury', amount: '50' },
          ],
          data: { paid: '0', kept: '0', open: '0', waiting: '0', unattributed: '300' },
        },
      ],
      earned: [{ account: addressOf('alice'), token: TOKEN, byWork: '100', byOutcome: '200' }],
      outcomes: { uses: 2, rated: 2, newest: [{ status: 'unfunded' }, { score: 800, status: 'funded' }] },
      runs: [{ steps: 2, isLinked: true }],
      memory: [{ dataset: 'memory', items: 2, ownItems: 2, reads: 0 }],
    })
    const { end, stdout } = await show('bot')
    expect(end).toBe(0)
    for (const said of [
      'Not checked: give --identity-rpc',
      'Owners of bot: 100',
      '200 by how it was rated',
      '300 are nobody’s',
      `100 of ${TOKEN} by work, 200 by outcome`,
      '2 of 2 uses rated',
      'which does not count: its fee is unfunded',
      '2 steps',
      '100 % of memory: 2 contributions, 2 of them by its owners',
    ])
      expect(stdout).toContain(said)
  })

  test('with a node it asks the registry of ERC-8004, an ERC-721, who owns the identity', async () => {
    const ask = async (agent: string) =>
      documentOf(await show(agent, '--json', '--identity-rpc', chain.rpcUrl)).identityCheck
    expect(await ask('bot')).toMatchObject({ state: 'checked', isOwned: true, owner: addressOf('alice') })
    expect(await ask('pretender')).toMatchObject({ state: 'checked', isOwned: false, owner: addressOf('stranger') })
    expect(await ask('nobody-bot')).toMatchObject({ state: 'checked', isOwned: false, owner: null })
    expect(await ask('plain')).toEqual({ state: 'none' })
    expect((await show('pretender', '--identity-rpc', chain.rpcUrl)).stdout).toContain('who does not own it here')
  })

  test('a node of another chain, and an agent that nobody registered, are refused', async () => {
    const other = await show('elsewhere', '--json', '--identity-rpc', chain.rpcUrl)
    expect([other.end, errorOf(other).code]).toEqual([5, 'CHAIN_ID_MISMATCH'])
    const missing = await show('reader', '--json')
    expect([missing.end, errorOf(missing).code]).toEqual([5, 'NO_AGENT'])
  })
})

async function recordsOf(registry: string) {
  const records = new Records(ledgerIdOf(GENESIS))
  const agent = (name: string, identity: string) =>
    records.asset(name, 'agent', { alice: 1_000_000 }, { body: { identity } })
  const inRegistry = (id: number) => `eip155:31337:${registry}/${id}`
  return Promise.all([
    records.source(SOURCES.operator, ['AssetRegistered']),
    records.source(SOURCES.watcher, ['Deposited']),
    records.source(SOURCES.portal, ['ContributionBatch']),
    records.source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded', 'TaskOutcome', 'AgentStep']),
    records.policy({
      ...{ dataParts: 300_000, modelParts: 200_000, agentParts: 100_000, outcomeParts: 200_000 },
      ...{ infrastructureParts: 150_000, treasuryParts: 50_000 },
    }),
    records.asset('reader', 'model', { modeller: 1_000_000 }),
    records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
    records.asset('memory', 'dataset', { alice: 1_000_000 }),
    agent('bot', inRegistry(1)),
    agent('pretender', inRegistry(2)),
    agent('nobody-bot', inRegistry(3)),
    agent('elsewhere', `eip155:1:${registry}/1`),
    agent('plain', ''),
    ...(await records.vouchers()),
    records.deposit('payer', 1_000n),
    records.inference('work', 1_000n, { body: { agent: 'bot' } }),
    records.inference('unpaid', 1n, { body: { agent: 'bot' } }),
    records.rating('payer', 'work', 800),
    records.rating('payer', 'unpaid', 1_000),
    ...records.steps('bot', 'alice', 'run', 2),
    records.batch('alice', 'learned', 2, { body: { dataset: 'memory' } }),
  ])
}
