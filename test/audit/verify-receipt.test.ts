import { beforeAll, describe, expect, test } from '@jest/globals'
import { verifyReceipt } from '../../audit/index.ts'
import type { EpochFiles } from './support/bundle-writer.ts'
import { publishWorld } from './support/published-world.ts'
import { receiptOf } from './support/receipt-of.ts'
import { addressOf } from './support/world.ts'

type Receipt = ReturnType<typeof receiptOf>

let epochs: EpochFiles[]
beforeAll(async () => {
  epochs = (await publishWorld()).epochs
})

describe('a receipt', () => {
  test.each(['alice', 'modeller', 'treasury'] as const)('of %s proves every step without a chain', async (person) => {
    const found = await verifyReceipt(receiptOf(epochs[0]!, addressOf[person]))
    expect(found).toMatchObject({ ok: true, chain: 'not checked', epoch: 1, account: addressOf[person] })
    expect(found.steps.map(({ name, ok }) => `${name} ${ok}`)).toEqual(
      ['manifest', 'payout', 'row', 'lines', 'earned', 'cumulative', 'leaf'].map((name) => `${name} true`),
    )
  })

  test('may be given as bytes; of an epoch without lines for the account it has none', async () => {
    const receipt = receiptOf(epochs[1]!, addressOf.alice)
    expect(receipt.lines).toEqual([])
    const found = await verifyReceipt(new TextEncoder().encode(JSON.stringify(receipt)))
    expect(found).toMatchObject({ ok: true, earned: 0n, cumulative: BigInt(receipt.row.before!) })
  })

  test.each<[what: string, step: string, change: (receipt: Receipt) => void]>([
    [
      'another amount in the leaf',
      'payout',
      (receipt) => {
        receipt.payout.cumulative = '999999'
      },
    ],
    [
      'another account in the leaf',
      'payout',
      (receipt) => {
        receipt.payout.account = addressOf.bob
      },
    ],
    [
      'another distributor',
      'payout',
      (receipt) => {
        receipt.payout.distributor = `0x${'99'.repeat(20)}`
      },
    ],
    [
      'a node changed in the payout proof',
      'payout',
      (receipt) => {
        receipt.payout.proof[0] = `0x${'11'.repeat(32)}`
      },
    ],
    [
      'another payout root in the manifest',
      'payout',
      (receipt) => {
        receipt.manifest.payout.root = `0x${'11'.repeat(32)}` as never
      },
    ],
    [
      'another row',
      'row',
      (receipt) => {
        receipt.row.before = '5'
      },
    ],
    [
      'another place of the row',
      'row',
      (receipt) => {
        receipt.rowIndex = (receipt.rowIndex + 1) % 6
      },
    ],
    [
      'a missing node in the row proof',
      'row',
      (receipt) => {
        receipt.rowProof.pop()
      },
    ],
    [
      'a line left out',
      'lines',
      (receipt) => {
        receipt.lines.pop()
      },
    ],
    [
      'a line of more',
      'lines',
      (receipt) => {
        receipt.lines[0]!.amount = '1000000'
      },
    ],
    [
      'a line of another account',
      'lines',
      (receipt) => {
        receipt.lines[0]!.account = addressOf.bob
      },
    ],
  ])('with %s fails at the step %s', async (_, step, change) => {
    const receipt = receiptOf(epochs[0]!, addressOf.modeller)
    change(receipt)
    const found = await verifyReceipt(receipt)
    expect(found.ok).toBe(false)
    expect(found.steps.at(-1)).toMatchObject({ name: step, ok: false })
    expect(found.steps.at(-1)?.detail.length).toBeGreaterThan(20)
    expect(found.steps.slice(0, -1).every(({ ok }) => ok)).toBe(true)
  })

  test('whose manifest was changed has another hash, which is what the chain is asked for', async () => {
    const receipt = receiptOf(epochs[0]!, addressOf.alice)
    const before = await verifyReceipt(receipt)
    receipt.manifest.engine = 'another'
    expect((await verifyReceipt(receipt)).manifestHash).not.toBe(before.manifestHash)
  })

  test.each<[what: string, value: unknown]>([
    ['nothing', undefined],
    ['text', 'receipt'],
    ['bytes that are no JSON', new TextEncoder().encode('{')],
    ['another format', { format: 'tallystick-receipt/2' }],
  ])('that is %s is refused with a typed error', async (_, value) => {
    await expect(verifyReceipt(value)).rejects.toMatchObject({ code: 'INVALID_RECEIPT' })
  })

  test('with unknown keys or a broken manifest is refused', async () => {
    const receipt = receiptOf(epochs[0]!, addressOf.alice)
    const refused = { code: 'INVALID_RECEIPT' }
    await expect(verifyReceipt({ ...receipt, more: 1 })).rejects.toMatchObject(refused)
    await expect(verifyReceipt({ ...receipt, manifest: {} })).rejects.toMatchObject(refused)
    await expect(verifyReceipt({ ...receipt, periods: receipt.manifest.periods })).rejects.toMatchObject(refused)
  })
})
