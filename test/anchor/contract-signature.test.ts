import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Address } from 'viem'
import { type ChainConnection, connectChain } from '../../anchor/chain/connect.ts'
import { askContract } from '../../anchor/chain/contract-signature.ts'
import { type LocalChain, startLocalChain } from '../../anchor/chain/local-chain.ts'
import { describeWithAnvil, GENESIS_S, rpc } from './chain-anvil.ts'

const DIGEST = `0x${'11'.repeat(32)}` as const
const OTHER = `0x${'22'.repeat(32)}` as const

/** Answers with the magic word when asked about DIGEST, else with ffffffff: by the first argument alone. */
const WALLET = `0x7f${'11'.repeat(32)}60043514604f577f${'ffffffff'}${'00'.repeat(28)}5f5260205ff35b7f1626ba7e${'00'.repeat(28)}5f5260205ff3`
const REVERTS = '0x5f5ffd'
/** Gives the four bytes alone, where a word is due. */
const SHORT = `0x631626ba7e5f526004601cf3`

const address = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`

describeWithAnvil('a contract account', () => {
  let chain: LocalChain
  let connection: ChainConnection
  beforeAll(async () => {
    chain = await startLocalChain({ genesisTime_s: GENESIS_S })
    connection = await connectChain({ rpcUrl: chain.rpcUrl, chainId: 31_337 })
    for (const [n, code] of [WALLET, REVERTS, SHORT].entries())
      await rpc(chain.rpcUrl, 'anvil_setCode', address(0x1000 + n), code)
  })
  afterAll(() => chain.stop())

  const ask = (account: Address, digest: typeof DIGEST | typeof OTHER = DIGEST) =>
    askContract(connection, { account, digest, signature: '0x01' })

  test('says whether it signed, at the block that is final', async () => {
    const { isSigned, block } = await ask(address(0x1000))
    const { hash } = await connection.client.getBlock({ blockNumber: block.number })
    expect({ isSigned, hash: block.hash }).toEqual({ isSigned: true, hash })
    expect((await ask(address(0x1000), OTHER)).isSigned).toBe(false)
  })

  test.each([
    ['one that reverts', address(0x1001)],
    ['one whose answer is too short', address(0x1002)],
    ['an account without code', address(0x1003)],
  ])('%s did not sign', async (_, account) => {
    expect((await ask(account)).isSigned).toBe(false)
  })
})
