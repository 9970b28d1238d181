import { describe, expect, test } from '@jest/globals'
import { LicenceSalesOracle } from '../oracle/economy/licence-sales.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { RandomLicenceSales } from '../support/ledger/random-licence-sales.ts'
import { ASSETS, OUTSIDE_WAIT_MAX, PRICE_LISTS } from '../support/ledger/random-licences.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'
import { LicencePair } from './support/licence-pair.ts'

const EPOCHS = 4
const HAPPENINGS = 60
const { seed } = runs(1)
/** Everything that the last test asks for happens in the first two. */
const seeds = [1, 21, seed]

describe('promise 4: a licence and its price change hands together, or not at all', () => {
  const seen = new Set<string>()

  test.each(seeds)(
    'seed %i: outcomes, sales, what they cover and release, balances and lines are those of a naive oracle',
    async (each) => {
      const random = randomOf(each)
      const ledger = await SmallLedger.open()
      try {
        const outsideWait = 1 + random(OUTSIDE_WAIT_MAX)
        const oracle = new LicenceSalesOracle(ASSETS, PRICE_LISTS, outsideWait)
        const happenings = new RandomLicenceSales(ledger.records, random, oracle)
        const pair = await LicencePair.found(ledger, oracle, happenings, outsideWait)
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          const manifest = await pair.runEpoch(epoch, HAPPENINGS)
          const sales = await ledger.ledger.warehouse.all<{ status: string }>(
            'SELECT status FROM sale WHERE epoch = $epoch ORDER BY ordinal',
            { epoch },
          )
          expect(sales.map(({ status }) => status)).toEqual(oracle.statusesIn(epoch))
          await pair.expectState(epoch)
          pair.expectSums(manifest, (token) => oracle.soldIn(epoch, token))
          await pair.expectLines(epoch, 'model', oracle.lines(epoch))
          await pair.expectLines(epoch, 'licence', oracle.licenceLines(epoch))
        }
        await pair.expectOutcomes()
        expect((await ledger.audit()).firstDifference).toBeUndefined()
        for (const one of oracle.happened()) seen.add(one)
      } finally {
        ledger.close()
      }
    },
  )

  test('and all of it happened: every status, every reason, and fees that a purchase let through or released', () => {
    for (const one of [
      ...['settled', 'taken', 'lapsed', 'unfunded', 'accepted', 'OFFER_EXISTS', 'OFFER_UNKNOWN', 'OFFER_MISMATCH'],
      ...['BUYER_IS_SELLER', 'REGISTRANT_NOT_OWNER', 'LICENCE_WINDOW_INVALID', 'PRICE_LIST_UNKNOWN'],
      ...['covered by a purchase of its epoch', 'covered by an earlier purchase', 'released by a purchase', 'held'],
    ])
      expect(seen).toContain(one)
  })
})
