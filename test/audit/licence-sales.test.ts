import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EpochBundle } from '../../audit/bundle.ts'
import { auditBundle } from '../../audit/index.ts'
import { checkSales } from '../../audit/published-sales.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import type { SmallLedger } from '../support/ledger/small-ledger.ts'
import { AlterableLedger, type Sent } from './support/altered-ledger.ts'

const MODEL = 'poems'
const POLICY = { dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0, outsideWaitEpochs: 3 }

const use = (world: SmallLedger, id: string, fee: bigint) =>
  world.records.inference(id, fee, { body: { model: MODEL } })

/** An epoch in which a licence is bought that covers what comes behind it, and one in which another one releases what was held. */
const EPOCHS: readonly Sent[] = [
  async (world) => {
    const { records } = world
    await world.found(POLICY)
    await world.send(
      await records.asset(MODEL, 'model', { modeller: 400_000, partner: 600_000 }, { body: { access: 'licensed' } }),
      ...(await records.vouchers(MODEL)),
      records.deposit('payer', 10_000n),
      records.deposit('alice', 10n),
      await records.licenceOffer('one', MODEL, 'modeller', 50n, { copies: 1, durationMs: 3n * world.tickMs }),
      await records.licenceOffer('back', MODEL, 'partner', 70n, { coversFromEpoch: 1 }),
      use(world, 'before', 1_000n),
      await records.acceptance('one', 'alice', { id: 'too poor' }),
      await records.acceptance('one', 'payer'),
      use(world, 'behind', 200n),
      await records.acceptance('one', 'payer', { id: 'too late' }),
      use(world, 'over', 30n),
    )
  },
  async (world) =>
    world.send(use(world, 'later', 4n), await world.records.acceptance('back', 'payer'), use(world, 'last', 5n)),
]

let ledger: AlterableLedger
beforeAll(async () => {
  ledger = await AlterableLedger.play(EPOCHS, ['close', 'attribute'])
})
afterAll(() => ledger.close())

describe('promise 6: an altered licence sale is found', () => {
  test('unaltered, there is no difference', async () => {
    for (const payoutOnly of [false, true])
      expect((await auditBundle(ledger.world.bundles, { payoutOnly })).firstDifference).toBeUndefined()
  })

  const settled = `WHERE status = 'settled'`
  test.each<[what: string, check: string, epoch: number, behind: 'close' | 'attribute', sql: string]>([
    ['a sale that is called unfunded', 'lines', 1, 'attribute', `UPDATE sale SET status = 'unfunded' ${settled}`],
    [
      'an unfunded one that is called lapsed',
      'sales',
      1,
      'attribute',
      `UPDATE sale SET status = 'lapsed' WHERE status = 'unfunded'`,
    ],
    ['a licence sold more often than it may be', 'lines', 1, 'close', `UPDATE offer_licence SET copies = 2`],
    ['one that ends later', 'lines', 1, 'close', `UPDATE offer_licence SET duration_ms = duration_ms * 10`],
    ['one that begins later', 'lines', 1, 'close', `UPDATE offer_licence SET from_ms = ${10n ** 15n}`],
    ['one for other uses', 'lines', 1, 'close', `UPDATE offer_licence SET uses = ['train']`],
    ['one of another buyer', 'lines', 1, 'close', `UPDATE offer_acceptance SET buyer = '${addressOf('alice')}'`],
    ['one at another price', 'lines', 1, 'close', `UPDATE offer SET price = price + 1`],
    ['one that counts as a share', 'sales', 1, 'attribute', `UPDATE offer SET kind = 'share'`],
    [
      'a price that goes to other owners',
      'lines',
      1,
      'attribute',
      `UPDATE ownership_change SET account = '${addressOf('bob')}' WHERE asset = '${MODEL}' AND account = '${addressOf('partner')}'`,
    ],
    ['a fee that was not held', 'lines', 1, 'close', 'DELETE FROM use_outside'],
    ['one that reaches back less far', 'lines', 2, 'close', `UPDATE offer_licence SET covers_from_epoch = 2`],
    [
      'one that reaches back where it should not',
      'lines',
      1,
      'close',
      `UPDATE offer_licence SET covers_from_epoch = 1`,
    ],
    [
      'what it releases at another place',
      'conservation',
      2,
      'close',
      `UPDATE offer_acceptance SET ordinal = 0 WHERE epoch = 2`,
    ],
  ])('%s', async (_, check, epoch, behind, sql) => {
    expect(await ledger.altered({ epoch, behind, sql })).toMatchObject({ check, epoch })
  })
})

describe('what sales and lines say together, for whoever has the public part alone', () => {
  const [modeller, partner, payer] = [addressOf('modeller'), addressOf('partner'), addressOf('payer')]
  const sale = {
    ...{ offer: 'one', source: 'urn:market', id: '1', kind: 'licence', asset: MODEL, seller: modeller, buyer: payer },
    ...{ parts: 0, token: TOKEN, price: '50', status: 'settled' },
  }
  const share = { ...sale, offer: 'part', kind: 'share', parts: 5, price: '9' }
  const line = (account: string, kind: string, amount: string) => ({
    account,
    token: TOKEN,
    kind,
    asset: MODEL,
    amount,
  })
  const LINES = [line(modeller, 'licence', '40'), line(partner, 'licence', '60'), line(modeller, 'sale', '9')]
  const SALES = [sale, { ...sale, id: '2' }, share]

  const check = (sales: object[], lines: object[], sold = '109') =>
    checkSales({ sales, lines, manifest: { conservation: [{ token: TOKEN, sold }] } } as unknown as EpochBundle)

  test('a licence is sold twice, and its owners share both prices', () => {
    expect(() => check(SALES, LINES)).not.toThrow()
    expect(() => check([...SALES, { ...sale, id: '3', status: 'lapsed' }], LINES)).not.toThrow()
  })

  test.each<[what: string, sales: object[], lines: object[], sold: string]>([
    ['owners who got less', SALES, [line(modeller, 'licence', '40'), line(partner, 'licence', '59'), LINES[2]!], '109'],
    ['nobody who got anything', SALES, [LINES[2]!], '109'],
    ['a line without a sale', [share], LINES, '9'],
    ['a share that is sold twice', [...SALES, { ...share, id: '3' }], LINES, '109'],
    ['a licence of parts', [{ ...sale, parts: 1 }, SALES[1]!, share], LINES, '109'],
    ['a share that lapses', [...SALES, { ...share, id: '3', status: 'lapsed' }], LINES, '109'],
    ['a kind that does not exist', [{ ...sale, kind: 'lease' }, SALES[1]!, share], LINES, '109'],
    ['a sum that is another', SALES, LINES, '110'],
  ])('%s: found', (_, sales, lines, sold) => {
    expect(() => check(sales, lines, sold)).toThrow()
  })
})
