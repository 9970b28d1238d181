import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { deposit, readDeposits } from '../../anchor/chain/deposit.ts'
import { compareDeposits, depositsText } from '../../audit/index.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { fromHex } from '../../schemas/ids.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { type House, LOCAL, startHouse } from '../anchor/chain-house.ts'

type Recorded = EventBodies['Deposited']

describeWithAnvil('recorded deposits beside the chain', () => {
  let house: House
  let all: Recorded[]
  beforeAll(async () => {
    house = await startHouse()
    const context = await house.as(house.payer)
    for (const amount_atoms of [10n, 20n, 30n]) {
      const order = { intent: String(amount_atoms), token: house.token, amount_atoms, payer: house.earner.address }
      await deposit(context, order)
    }
    const { deposits } = await readDeposits(context, { fromBlock: house.fromBlock })
    all = deposits.map((each) => ({
      chainId: BigInt(LOCAL),
      distributor: fromHex(house.distributor),
      payer: fromHex(each.payer),
      token: fromHex(each.token),
      amount: each.amount_atoms,
      transactionHash: fromHex(each.transactionHash),
      logIndex: each.logIndex,
      blockNumber: each.blockNumber,
      blockHash: fromHex(each.blockHash),
    }))
  })
  afterAll(() => house?.chain.stop())

  const compare = async (recorded: readonly Recorded[]) => compareDeposits(await house.as(house.anyone), recorded)

  test('agree with it, whatever their order', async () => {
    expect(depositsText(await compare([...all].reverse()))).toMatch(
      /^3 recorded ones are on chain, .*no other is there$/,
    )
    expect(depositsText(await compare([]))).toBe('none is recorded')
  })

  test('leave out what is then counted and named, and is no difference', async () => {
    const found = await compare([all[0]!, all[2]!])
    expect(found).toMatchObject({ recorded: 2, unrecorded: [{ amount_atoms: 20n }] })
    expect(found.difference).toBeUndefined()
    expect(depositsText(found)).toContain('1 more there are in no record yet')
  })

  test.each<[string, Partial<Recorded>, string]>([
    ['another amount', { amount: 21n }, '20 of'],
    ['another payer', { payer: Buffer.alloc(20, 1) }, '20 of'],
    ['another token', { token: Buffer.alloc(20, 1) }, '20 of'],
    ['another block', { blockHash: Buffer.alloc(32, 1) }, '20 of'],
    ['another transaction', { transactionHash: Buffer.alloc(32, 1) }, 'no such deposit on chain'],
    ['another log', { logIndex: 77 }, 'no such deposit on chain'],
    ['a block that is not final', { blockNumber: 10_000n }, 'a block up to the final one'],
  ])('with %s differ', async (_, change, expected) => {
    const [where, chain] = (await compare([all[0]!, { ...all[1]!, ...change }, all[2]!])).difference!
    expect({ where, chain }).toEqual({
      where: expect.stringMatching(/^deposit of transaction 0x/),
      chain: expect.stringContaining(expected),
    })
  })

  test('two records of one deposit differ', async () => {
    expect((await compare([all[0]!, all[0]!])).difference).toMatchObject({ 1: 'no such deposit on chain' })
  })
})
