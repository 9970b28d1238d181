import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createWalletClient, type Hex, http } from 'viem'
import { foundry } from 'viem/chains'
import { type ChainConnection, connectChain } from '../../anchor/chain/connect.ts'
import { askContract } from '../../anchor/chain/contract-signature.ts'
import { type LocalChain, startLocalChain } from '../../anchor/chain/local-chain.ts'
import { contractAnswersText } from '../../audit/contract-answers.ts'
import { compareContractAnswers } from '../../audit/index.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { fromHex, toHex } from '../../schemas/ids.ts'
import { describeWithAnvil, GENESIS_S, rpc } from '../anchor/chain-anvil.ts'
import { type ContractWallet, deployWallet } from '../anchor/contract-wallet.ts'
import { FaultyNode, type NodeAnswer, type NodeRequest } from '../anchor/matrix/faulty-node.ts'

type Recorded = EventBodies['SignatureChecked']

const LOCAL = 31337
/** Calls every signature its own. */
const YES = `0x7f1626ba7e${'00'.repeat(28)}5f5260205ff3`
const address = (n: number): Hex => `0x${n.toString(16).padStart(40, '0')}`
/** What geth says of a state that it let go. */
const NO_STATE = { error: { code: -32000, message: 'missing trie node 0x11 (path ) state 0x22 is not available' } }

describeWithAnvil('recorded answers of contracts beside the chain', () => {
  let chain: LocalChain
  let node: FaultyNode
  let connection: ChainConnection
  let wallet: ContractWallet
  let answer: Recorded
  let other: Recorded
  /** Of a block before the wallet. */
  let early: Hex
  beforeAll(async () => {
    chain = await startLocalChain({ genesisTime_s: GENESIS_S })
    node = await FaultyNode.start(chain.rpcUrl)
    connection = await connectChain({ rpcUrl: node.url, chainId: LOCAL, transport: node.transport() })
    await rpc(chain.rpcUrl, 'anvil_mine', '0x3')
    early = (await connection.client.getBlock({ blockNumber: 1n })).hash
    wallet = await deployWallet(chain.rpcUrl, chain.accounts[1]!.address)
    answer = await recorded(wallet.address)
    await rpc(chain.rpcUrl, 'anvil_mine', '0x1')
    other = await recorded(wallet.address)
  })
  afterEach(() => {
    node.intercept = undefined
  })
  afterAll(async () => {
    await node?.stop()
    await chain?.stop()
  })

  /** What the contract says now of a digest that the wallet's owner signed. */
  async function recorded(account: Hex, digest = toHex(randomBytes(32))): Promise<Recorded> {
    const signature = await chain.accounts[1]!.sign({ hash: digest })
    const { block } = await askContract(connection, { account, digest, signature })
    return {
      chainId: BigInt(LOCAL),
      account: fromHex(account),
      digest: fromHex(digest),
      signature: fromHex(signature),
      blockNumber: block.number,
      blockHash: fromHex(block.hash),
    }
  }

  /** Counts requests, and answers some of them. */
  function intercepting(answerTo: (request: NodeRequest) => NodeAnswer | undefined = () => undefined): string[] {
    const methods: string[] = []
    node.intercept = async (request, forward) => {
      methods.push(request.method)
      return answerTo(request) ?? forward()
    }
    return methods
  }

  const compare = (...records: readonly Recorded[]) => compareContractAnswers(connection, records)

  test('agree with it, also of an account with delegated code', async () => {
    await rpc(chain.rpcUrl, 'anvil_setCode', address(0x1000), YES)
    const delegating = chain.accounts[2]!
    const client = createWalletClient({ chain: foundry, transport: http(chain.rpcUrl), account: delegating })
    const authorization = await client.signAuthorization({ contractAddress: address(0x1000), executor: 'self' })
    await client.sendTransaction({ to: delegating.address, authorizationList: [authorization] })
    const found = await compare(answer, other, await recorded(delegating.address.toLowerCase() as Hex))
    expect(found).toEqual({ recorded: 3, checked: 3, unknown: 0 })
    expect(contractAnswersText(found)).toBe('3 of 3 recorded ones were asked again, and are the same')
    expect(contractAnswersText(await compare())).toBe('none is recorded')
  })

  test('stay true at their block when the contract says something else later', async () => {
    const revoking = await deployWallet(chain.rpcUrl, chain.accounts[1]!.address)
    const before = await recorded(revoking.address)
    await revoking.revokeOwner()
    const after = await recorded(revoking.address, toHex(before.digest))
    expect(await compare(before)).toEqual({ recorded: 1, checked: 1, unknown: 0 })
    expect((await compare(before, after)).difference).toMatchObject([
      `answer of contract ${revoking.address} to digest ${toHex(before.digest)}, block ${after.blockNumber}`,
      `an answer of 0xffffffff${'00'.repeat(28)}`,
      'an answer of 0x1626ba7e',
    ])
  })

  test.each<[string, () => Partial<Recorded>, string]>([
    ['of an account without code', () => ({ account: fromHex(address(0x2000)) }), 'no code at that account'],
    ['of a precompiled contract, which has none', () => ({ account: fromHex(address(4)) }), 'no code at that account'],
    [
      'of a contract that was not there yet',
      () => ({ blockNumber: 1n, blockHash: fromHex(early) }),
      'no code at that account',
    ],
    ['to another digest', () => ({ digest: randomBytes(32) }), 'an answer of 0xffffffff'],
    ['to another signature', () => ({ signature: randomBytes(8_192) }), 'an answer of 0xffffffff'],
    ['to no signature', () => ({ signature: Buffer.alloc(0) }), 'an answer of 0xffffffff'],
    ['in a block of another hash', () => ({ blockHash: randomBytes(32) }), 'block '],
    ['in a block that is not final', () => ({ blockNumber: 1_000_000n }), 'a block up to the final one'],
    ['in a block beyond all', () => ({ blockNumber: 2n ** 62n }), 'a block up to the final one'],
  ])('%s differ', async (_, change, expected) => {
    const forged = { ...answer, ...(await change()) }
    const { difference, checked } = await compare(other, forged, other)
    expect(difference?.[1]).toContain(expected)
    expect(checked).toBe(2)
  })

  test.each([
    ['reverts', '0x5f5ffd', 'a failed call'],
    ['runs out of gas', '0x5b5f56', 'a failed call'],
    ['meets no instruction', '0xfe', 'a failed call'],
    ['gives nothing', '0x00', 'an answer of 0 bytes'],
    ['gives four bytes', '0x631626ba7e5f526004601cf3', 'an answer of 4 bytes'],
    ['gives what no code begins with', '0x60ef5f5360205ff3', 'an answer of 0xef'],
    ['returns very much', '0x63001000005ff3', 'an answer of 0x00'],
  ])('of a contract that %s differ, and are no failure of the node', async (_, code, expected) => {
    await rpc(chain.rpcUrl, 'anvil_setCode', address(0x3000), code)
    await rpc(chain.rpcUrl, 'anvil_mine', '0x1')
    const { difference } = await compare(await recorded(address(0x3000)))
    expect(difference?.[1]).toContain(expected)
  })

  test('are asked once each, however many records say the same', async () => {
    const methods = intercepting()
    const records = Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? answer : other))
    expect(await compare(...records)).toEqual({ recorded: 500, checked: 500, unknown: 0 })
    expect(methods.filter((method) => method === 'eth_call')).toHaveLength(2)
    expect(methods).toHaveLength(5)
  })

  test('are counted, and neither true nor false, where the node has no state of their block', async () => {
    const old = toHex(answer.blockHash)
    const number = `0x${answer.blockNumber.toString(16)}`
    intercepting(({ method, params }) => {
      const at = params[1] as string | { blockHash?: string }
      const isOld = at === number || (typeof at === 'object' && at.blockHash === old)
      return method === 'eth_call' && isOld ? NO_STATE : undefined
    })
    const found = await compare(answer, answer, other)
    expect(found).toEqual({ recorded: 3, checked: 1, unknown: 2 })
    expect(contractAnswersText(found)).toContain('of the blocks of 2 the node has no state any more')
    // A forged one beside them is found all the same.
    expect((await compare(answer, { ...other, digest: randomBytes(32) })).difference).toBeDefined()
  })

  test('are unknown where the node has no such block', async () => {
    intercepting(({ method, params }) =>
      method === 'eth_getBlockByNumber' && String(params[0]).startsWith('0x') ? { result: null } : undefined,
    )
    expect(await compare(answer)).toEqual({ recorded: 1, checked: 0, unknown: 1 })
  })

  test('are asked by number where a node takes no hash', async () => {
    intercepting(({ method, params }) =>
      method === 'eth_call' && typeof params[1] === 'object'
        ? { error: { code: -32602, message: 'invalid argument 1' } }
        : undefined,
    )
    expect(await compare(answer, other)).toEqual({ recorded: 2, checked: 2, unknown: 0 })
  })

  test('of a node that refuses everything are an error, and no verdict', async () => {
    intercepting(({ method }) => (method === 'eth_call' ? NO_STATE : undefined))
    await expect(compare(answer)).rejects.toMatchObject({ code: 'RPC_REFUSED' })
  })

  test.each<[string, string, unknown]>([
    ['no bytes', 'eth_call', '0x'],
    ['a word too few', 'eth_call', `0x${'00'.repeat(96)}`],
    ['a word too many', 'eth_call', `0x${'00'.repeat(160)}`],
    ['a call that neither failed nor not', 'eth_call', `0x${'ff'.repeat(128)}`],
    ['no hex', 'eth_call', '0xmagic'],
    ['nothing', 'eth_call', null],
    ['a number', 'eth_call', 0x1626ba7e],
    ['a block without a hash', 'eth_getBlockByNumber', { number: '0x1' }],
    ['another block', 'eth_getBlockByNumber', { number: '0x0', hash: `0x${'11'.repeat(32)}`, timestamp: '0x1' }],
  ])('of a node that answers %s are an error, and nothing is believed', async (_, method, result) => {
    intercepting((request) => (request.method === method && request.params[0] !== 'latest' ? { result } : undefined))
    await expect(compare(answer)).rejects.toMatchObject({ code: 'RPC_MALFORMED' })
  })
})
