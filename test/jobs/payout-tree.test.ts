import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Hex } from '../../anchor/bytes.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { buildPayoutTree } from '../../anchor/payout/payout-tree.ts'
import { storedPayoutTree } from '../../anchor/payout/stored-payout-tree.ts'
import { verifyPayout } from '../../anchor/payout/verify-payout.ts'
import { payoutsOf, payoutTreeOf, storePayoutTree } from '../../jobs/publish/payout-tree.ts'
import { receiptsOf } from '../../jobs/statement/receipt.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { contribution, uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
let manifests: Manifest[]
const account = addressOf('modeller')

beforeAll(async () => {
  world = await SmallLedger.open()
  await world.found({ minEvents: 1 })
  const { records } = world
  const { batch, features } = await contribution(records, randomOf(1), 'alice', 5, {})
  await world.send(batch, ...features)
  manifests = []
  for (const epoch of [1, 2]) {
    const ids = Array.from({ length: 4 }, (_, index) => `use-${epoch}-${index}`)
    await world.send(records.deposit('payer', 20_000n), ...uses(records, randomOf(epoch), ids, 1_001n))
    manifests.push(await world.runEpoch())
  }
})
afterAll(() => world.close())

const folder = () => join(world.folder, 'cache')
const fileOf = ({ payout }: Manifest) => join(folder(), `payouts-${payout.root}`)
const ask = (epoch: number, tokens = [TOKEN]) =>
  payoutsOf(world.ledger, { epoch, payout: manifests[epoch - 1]!.payout, account, tokens })
const treeBytes = async (epoch: number) => Buffer.concat([...storedPayoutTree(await payoutTreeOf(world.ledger, epoch))])

describe('the stored payout tree of an epoch', () => {
  test('is there once it is published, and says what the tree of its accounts says', async () => {
    for (const [at, manifest] of manifests.entries()) {
      const tree = await payoutTreeOf(world.ledger, at + 1)
      expect(tree.root).toBe(manifest.payout.root)
      expect(readFileSync(fileOf(manifest))).toEqual(await treeBytes(at + 1))
      expect(await ask(at + 1)).toEqual([
        { cumulative: tree.cumulativeOf(account, TOKEN), proof: tree.proofOf(account, TOKEN) },
      ])
    }
  })

  test('a receipt’s proof comes out of it, without the accounts being put together again', async () => {
    const [receipt] = await receiptsOf(world.ledger, account, { epoch: 1 })
    await world.ledger.warehouse.run('UPDATE account_total SET cumulative = cumulative + 1 WHERE epoch = 1')
    try {
      const { payout } = manifests[0]!
      const [found] = await ask(1)
      expect(found!.proof).toEqual(receipt!.payout!.proof)
      const leaf = { chainId: BigInt(payout.chainId), distributor: payout.distributor, account, token: TOKEN }
      verifyPayout({ root: payout.root as Hex, leaf: { ...leaf, cumulative: found!.cumulative }, proof: found!.proof })
      // Without it they are: and found to be others than were published.
      rmSync(fileOf(manifests[0]!))
      await expect(ask(1)).rejects.toMatchObject({ code: 'PAYOUT_ROOT_CHANGED' })
      expect(readdirSync(folder())).not.toContain(`payouts-${payout.root}`)
    } finally {
      await world.ledger.warehouse.run('UPDATE account_total SET cumulative = cumulative - 1 WHERE epoch = 1')
    }
    expect(await receiptsOf(world.ledger, account, { epoch: 1 })).toEqual([receipt])
  })

  test.each<[string, (file: Buffer) => Uint8Array | undefined]>([
    ['missing', () => undefined],
    ['empty', () => new Uint8Array()],
    ['cut short', (file) => file.subarray(0, 99)],
    ['full of zeros', (file) => new Uint8Array(file.length)],
    ['of another epoch', () => readFileSync(fileOf(manifests[0]!))],
    ['damaged in every entry', (file) => file.map((byte, at) => (at >= 84 && at % 76 === 30 ? byte ^ 1 : byte))],
    ['damaged in every node', (file) => file.map((byte, at) => (at >= file.length - 96 ? byte ^ 0x80 : byte))],
  ])('that is %s is made again, and what comes out is the same', async (_, damage) => {
    const path = fileOf(manifests[1]!)
    const good = await treeBytes(2)
    const expected = await ask(2)
    const damaged = damage(good)
    if (damaged === undefined) rmSync(path)
    else writeFileSync(path, damaged)
    expect(await ask(2)).toEqual(expected)
    expect(readFileSync(path)).toEqual(good)
  })

  test('a folder in its place, or a disk that takes no file, changes no answer', async () => {
    const path = fileOf(manifests[1]!)
    const expected = await ask(2)
    rmSync(path)
    mkdirSync(path)
    expect(await ask(2)).toEqual(expected)
    rmSync(folder(), { recursive: true })
    writeFileSync(folder(), 'no folder')
    expect(await ask(2)).toEqual(expected)
    expect(await storePayoutTree(world.ledger, await payoutTreeOf(world.ledger, 2))).toBe(false)
    rmSync(folder())
    expect(await ask(2)).toEqual(expected)
    expect(readFileSync(path)).toEqual(await treeBytes(2))
  })

  test('who is not in the tree is told so, file or not', async () => {
    const stranger = { epoch: 2, payout: manifests[1]!.payout, account: addressOf('stranger'), tokens: [TOKEN] }
    await expect(payoutsOf(world.ledger, stranger)).rejects.toMatchObject({ code: 'PAYOUT_NOT_FOUND' })
  })

  test('only the newest few are kept', async () => {
    const { chainId, distributor } = manifests[0]!.payout
    for (let amount = 1n; amount <= 6n; amount++) {
      const payouts = [{ account, token: TOKEN, cumulative: amount }]
      await storePayoutTree(world.ledger, buildPayoutTree({ chainId: BigInt(chainId), distributor, payouts }))
    }
    expect(readdirSync(folder()).filter((name) => name.startsWith('payouts-'))).toHaveLength(4)
  })
})
