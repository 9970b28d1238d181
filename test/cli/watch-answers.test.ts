import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Hex } from 'viem'
import { connectChain } from '../../anchor/chain/connect.ts'
import { askContract } from '../../anchor/chain/contract-signature.ts'
import { type LocalChain, localAccounts } from '../../anchor/chain/local-chain.ts'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { signEvent } from '../../anchor/signatures/signer.ts'
import type { Look } from '../../anchor/watch/watcher.ts'
import type { AuditReport } from '../../audit/index.ts'
import { readGenesis } from '../../jobs/ledger.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import { fromHex } from '../../schemas/ids.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { deployWallet } from '../anchor/contract-wallet.ts'
import { FaultyNode } from '../anchor/matrix/faulty-node.ts'
import { builtCli } from './support/built-cli.ts'
import { operator } from './support/small-ledger.ts'
import { documentOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { WatchedLedger } from './support/watched-ledger.ts'

const SETUP_LIMIT_MS = 180_000
const SOURCE = 'urn:contracts'
const TIME = '2026-01-01T00:00:00Z'
const DIGEST: Hex = `0x${'5a'.repeat(32)}`
const NOBODY: Hex = `0x${'77'.repeat(20)}`
const owner = localAccounts()[3]!

/** Registers a source of contracts' answers, and what it says: of a wallet whose owner signed, and perhaps of an account without code. */
const answers = (lies: boolean) => async (chain: LocalChain, data: string) => {
  const connection = await connectChain({ rpcUrl: chain.rpcUrl, chainId: 31_337 })
  const wallet = await deployWallet(chain.rpcUrl, owner.address)
  const question = { account: wallet.address, digest: DIGEST, signature: await owner.sign({ hash: DIGEST }) }
  const { isSigned, block } = await askContract(connection, question)
  if (!isSigned) throw new Error('The wallet takes what its owner signs.')
  const body = { source: SOURCE, key: fromHex(operator.address), eventTypes: ['SignatureChecked'] }
  const unsigned = { type: 'SourceRegistered', source: 'urn:operator', id: 'source/contracts', body }
  const ledgerId = ledgerIdOf(readGenesis(join(data, 'genesis.json')))
  const registered = encodeEvent((await signEvent(ledgerId, operator, unsigned as never)) as never, TIME)
  const answer = (account: Hex): OutgoingRecord =>
    encodeEvent(
      {
        type: 'SignatureChecked',
        source: SOURCE,
        id: account,
        body: {
          chainId: 31_337n,
          account: fromHex(account),
          digest: fromHex(DIGEST),
          signature: fromHex(question.signature),
          blockNumber: block.number,
          blockHash: fromHex(block.hash),
        },
      },
      TIME,
    )
  return [registered, answer(wallet.address), ...(lies ? [answer(NOBODY)] : [])]
}

describeWithAnvil('answers of contracts, asked again', () => {
  const path = temporaryFolder()
  let honest: WatchedLedger
  let lying: WatchedLedger
  beforeAll(async () => {
    await builtCli()
    honest = await WatchedLedger.open(path('honest'), 1, answers(false))
    lying = await WatchedLedger.open(path('lying'), 1, answers(true))
    await Promise.all([honest.propose(), lying.propose()])
  }, SETUP_LIMIT_MS)
  afterAll(() => Promise.all([honest?.close(), lying?.close()]))

  const forged = {
    epoch: 1,
    check: 'contract answers',
    where: expect.stringMatching(`^answer of contract ${NOBODY} to digest ${DIGEST}, block \\d+$`),
    expected: 'no code at that account',
    found: 'an answer of 0x1626ba7e',
  }

  test('a watcher attests when they are true, and says how many it asked for', async () => {
    const look = documentOf<Look>(await honest.look(honest.bundlesIn(path('bundles-1')), path('out-1')))
    expect(look).toMatchObject({ outcome: 'attested', contractAnswers: { checked: 1, unknown: 0 } })
  })

  test('a watcher alarms within the window, and signs nothing, when one is forged', async () => {
    const ended = await lying.look(lying.bundlesIn(path('bundles-2')), path('out-2'))
    expect(ended.end).toBe(11)
    const look = documentOf<Look>(ended)
    expect(look).toMatchObject({ outcome: 'alarm', attestation: null })
    expect(look.alarms).toMatchObject([{ kind: 'difference', difference: forged }])
    expect(ended.stderr).toContain('vetoEpoch')
  })

  test('a watcher without records says that it asked for none', async () => {
    const bundles = lying.bundlesIn(path('bundles-3'))
    rmSync(join(bundles, 'epoch-000001', 'restricted'), { recursive: true })
    const look = documentOf<Look>(await lying.look(bundles, path('out-3'), null))
    expect(look).toMatchObject({ outcome: 'agrees', contractAnswers: null })
    expect(look.detail).toContain('neither deposits nor answers of contracts were held to the chain')
  })

  test('a node without old states is no alarm; watcher and audit say what was believed', async () => {
    await honest.chain.advanceTime(1)
    const { client } = await connectChain({ rpcUrl: honest.chain.rpcUrl, chainId: 31_337 })
    const { hash: newest } = await client.getBlock()
    const isOfThePast = (at: unknown) =>
      typeof at === 'string' ? at.startsWith('0x') : Object(at).blockHash !== newest
    const node = await FaultyNode.start(honest.chain.rpcUrl)
    node.intercept = async ({ method, params }, forward) =>
      method === 'eth_call' && isOfThePast(params[1])
        ? { error: { code: -32000, message: 'historical state unavailable' } }
        : forward()
    try {
      const bundles = honest.bundlesIn(path('bundles-4'))
      const argv = ['anchor', 'watch', '--bundle', bundles, '--rpc', node.url, ...honest.pins, '--once', '--json']
      const look = documentOf<Look>(await tallyHere([...argv, '--out', path('out-4')]))
      expect(look).toMatchObject({ outcome: 'agrees', contractAnswers: { checked: 0, unknown: 1 } })
      expect(look.detail).toContain('but for 1 of its 1 answers of contracts')
    } finally {
      await node.stop()
    }
  })

  test('an audit counts them, and names the first that the chain contradicts', async () => {
    await Promise.all([honest.finalizeBlindly(), lying.finalizeBlindly()])
    const audit = (world: WatchedLedger, ...flags: string[]) =>
      tallyHere(['audit', join(world.ledger.data, 'bundles'), '--rpc', world.chain.rpcUrl, ...flags])
    const good = await audit(honest, '--json')
    expect({ end: good.end, report: documentOf<AuditReport>(good) }).toMatchObject({
      end: 0,
      report: { class: 'ok', contractAnswers: { recorded: 1, checked: 1, unknown: 0 } },
    })
    const text = (await audit(honest)).stdout
    expect(text).toContain('contract answers: 1 of 1 recorded ones were asked again, and are the same')
    expect(text).toContain('answers of contracts: 1, 1 asked again, 0 no longer known to the node')
    const bad = await audit(lying, '--json')
    expect({ end: bad.end, report: documentOf<AuditReport>(bad) }).toMatchObject({
      end: 7,
      report: { class: 'chain', firstDifference: { ...forged, epoch: null } },
    })
    expect((await audit(lying)).stdout).toContain('contract answers, answer of contract')
  })
})
