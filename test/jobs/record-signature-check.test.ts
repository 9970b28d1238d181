import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type ChainConnection, connectChain } from '../../anchor/chain/connect.ts'
import { type LocalChain, startLocalChain } from '../../anchor/chain/local-chain.ts'
import { transfer } from '../../client/src/transfer.ts'
import {
  AnswerNotSecondedError,
  recordSignatureCheck,
  SourceNotPermittedError,
} from '../../jobs/anchoring/record-signature-check.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { describeWithAnvil, GENESIS_S, rpc } from '../anchor/chain-anvil.ts'
import { FaultyNode, UNTIL_FINAL } from '../anchor/matrix/faulty-node.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

/** A contract that calls every signature its own. */
const WALLET = `0x7f1626ba7e${'00'.repeat(28)}5f5260205ff3`

describeWithAnvil('the answer of a contract', () => {
  let chain: LocalChain
  let connection: ChainConnection
  let world: SmallLedger
  beforeAll(async () => {
    chain = await startLocalChain({ genesisTime_s: GENESIS_S })
    connection = await connectChain({ rpcUrl: chain.rpcUrl, chainId: 31_337 })
    await rpc(chain.rpcUrl, 'anvil_setCode', addressOf('partner'), WALLET)
    world = await SmallLedger.open()
    await world.found()
    await world.runEpoch()
  })
  afterAll(async () => {
    world.close()
    await chain.stop()
  })

  const record = (name: Name, digest: `0x${string}`, source: string = SOURCES.watcher, at = connection) =>
    recordSignatureCheck({
      ...{ ledger: world.ledger, connection: at, sink: world.log, source, time: '2026-01-01T00:00:00Z' },
      question: { account: addressOf(name), digest, signature: '0x01' },
    })
  const gift = () =>
    transfer({
      ...{ ledgerId: world.ledger.ledgerId, source: SOURCES.operator, contract: addressOf('partner') },
      ...{ asset: 'reader', to: addressOf('alice'), parts: 1 },
    })
  const recorded = async () =>
    (await world.log.partitions([TOPICS.chain])).reduce((sum, each) => sum + each.endOffset, 0n)

  test('is recorded with its block, and lets its transfer through; another one stays refused', async () => {
    const [given, unasked] = [await gift(), await gift()]
    const { isSigned, block } = await record('partner', given.digest)
    expect(isSigned).toBe(true)
    const positions = await world.send(given.record, unasked.record)
    await world.runEpoch()
    expect(await Promise.all(positions.map((each) => world.outcomeOf(each)))).toEqual(['accepted', 'SIGNATURE_INVALID'])
    const rows = await world.ledger.warehouse.all('SELECT account, digest, block_number FROM signature_check')
    expect(rows).toEqual([{ account: addressOf('partner'), digest: given.digest, block_number: block.number }])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('is not recorded when it is no, nor under a source that may not say so', async () => {
    const before = await recorded()
    const { digest } = await gift()
    expect((await record('stranger', digest)).isSigned).toBe(false)
    await expect(record('partner', digest, SOURCES.gateway)).rejects.toThrow(SourceNotPermittedError)
    await expect(record('partner', digest, 'urn:nobody')).rejects.toThrow(SourceNotPermittedError)
    expect(await recorded()).toBe(before)
  })

  test('counts from the block on that is final, and names that block', async () => {
    const before = await recorded()
    const { digest } = await gift()
    const onFinalized = { ...connection, entry: { ...connection.entry, finalityTag: 'finalized' } } as const
    const ask = () => record('host', digest, SOURCES.watcher, onFinalized)
    // What is set is of the newest block, which must not be the final one yet.
    await rpc(chain.rpcUrl, 'anvil_mine', '0x2')
    await rpc(chain.rpcUrl, 'anvil_setCode', addressOf('host'), WALLET)
    await rpc(chain.rpcUrl, 'anvil_mine', '0x2')
    expect(await record('host', digest)).toMatchObject({ isSigned: true })
    expect(await ask()).toMatchObject({ isSigned: false })
    expect(await recorded()).toBe(before + 1n)
    await rpc(chain.rpcUrl, 'anvil_mine', UNTIL_FINAL)
    const { isSigned, block } = await ask()
    const final = await connection.client.getBlock({ blockTag: 'finalized' })
    expect({ isSigned, block }).toEqual({ isSigned: true, block: { number: final.number, hash: final.hash } })
  })

  test('is not recorded before a second node says the same', async () => {
    const before = await recorded()
    const { digest } = await gift()
    const second = await FaultyNode.start(chain.rpcUrl)
    const check = await connectChain({ rpcUrl: second.url, chainId: 31_337, transport: second.transport() })
    const ask = () => record('partner', digest, SOURCES.watcher, { ...connection, check })
    try {
      second.intercept = async ({ method }, forward) =>
        method === 'eth_call' ? { result: `0x${'00'.repeat(128)}` } : forward()
      await expect(ask()).rejects.toMatchObject({ code: 'RPC_DISAGREEMENT' })
      second.intercept = async ({ method }, forward) =>
        method === 'eth_getBlockByNumber' ? { error: { code: -32000, message: 'busy' } } : forward()
      await expect(ask()).rejects.toThrow(AnswerNotSecondedError)
      expect(await recorded()).toBe(before)
      second.intercept = undefined
      expect((await ask()).isSigned).toBe(true)
      expect(await recorded()).toBe(before + 1n)
    } finally {
      await second.stop()
    }
  })
})
