import { describe, expect, test } from '@jest/globals'
import { LicencesOracle } from '../oracle/economy/licences.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { ASSETS, OUTSIDE_WAIT_MAX, PRICE_LISTS, RandomLicences } from '../support/ledger/random-licences.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'
import { LicencePair } from './support/licence-pair.ts'

const EPOCHS = 5
const HAPPENINGS = 36
const { seed } = runs(1)
/** Everything that the last test asks for happens in the first three. */
const seeds = [21, 22, 23, seed]

describe('promise 4: fees of uses outside a licence', () => {
  const seen = new Set<string>()

  test.each(seeds)(
    'seed %i: outcomes, what is held, released and given back, balances and lines are those of a naive oracle',
    async (each) => {
      const random = randomOf(each)
      const ledger = await SmallLedger.open()
      try {
        // At least one, so that later epochs have something to release; policies set it to 0 now and then.
        const outsideWait = 1 + random(OUTSIDE_WAIT_MAX)
        const oracle = new LicencesOracle(ASSETS, PRICE_LISTS, outsideWait)
        const happenings = new RandomLicences(ledger.records, random, oracle)
        const pair = await LicencePair.found(ledger, oracle, happenings, outsideWait)
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          const manifest = await pair.runEpoch(epoch, HAPPENINGS)
          await pair.expectState(epoch)
          pair.expectSums(manifest)
          await pair.expectLines(epoch, 'model', oracle.lines(epoch))
        }
        await pair.expectOutcomes()
        expect((await ledger.audit()).firstDifference).toBeUndefined()
        for (const { outcome, fate, epoch, endedIn } of pair.oracle.entries) {
          seen.add(outcome)
          seen.add(fate === 'released' && endedIn! > epoch ? 'released in a later epoch' : (fate ?? ''))
        }
      } finally {
        ledger.close()
      }
    },
  )

  test('and all of it happened: everything that can become of a fee, and every reason that licences have here', () => {
    for (const one of [
      ...['funded', 'unfunded', 'reported', 'held', 'released', 'released in a later epoch', 'refunded'],
      ...['accepted', 'REGISTRANT_NOT_OWNER', 'LICENCE_EXISTS', 'LICENCE_WINDOW_INVALID', 'PRICE_LIST_UNKNOWN'],
      ...['LICENCE_UNKNOWN', 'LICENCE_REVOKED'],
    ])
      expect(seen).toContain(one)
  })
})
