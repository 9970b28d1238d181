import { cpSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { openDispute } from '../../client/src/dispute.ts'
import { castOf } from '../../examples/digits/demo/cast.ts'
import { INFRASTRUCTURE, MODEL, POLICY, SOURCES } from '../../examples/digits/demo/names.ts'
import { attributeEpoch } from '../../jobs/attribution/attribute-epoch.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { publishEpoch } from '../../jobs/publish/publish-epoch.ts'
import { settleEpoch } from '../../jobs/settlement/settle-epoch.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { type DigitLedger, prepareDigitLedger } from '../support/digit-ledger.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const SEED = 'digit ledger'

describeWithAnvil('tally dispute check of a claim about features', () => {
  const path = temporaryFolder()
  let ledger: DigitLedger
  /** Contributions of the account whose rows were doubled, and of another one. */
  let favoured: { batch: { source: string; id: string }; index: number }
  let honest: typeof favoured

  /** Three doubt their own lines, in an epoch of their own. */
  beforeAll(async () => {
    ledger = await prepareDigitLedger(path('ledger'))
    const session = new Session({ config: loadConfig({ environment: {}, flags: { data: ledger.data } }), verb: 'test' })
    try {
      const opened = await session.ledger()
      const rows = await opened.warehouse.all<{ source: string; batch_id: string; account: string }>(
        'SELECT source, batch_id, account FROM contribution_batch ORDER BY batch_id',
      )
      const [mine, other] = [true, false].map((is) => rows.find(({ account }) => (account === ledger.favoured) === is)!)
      favoured = { batch: { source: mine!.source, id: mine!.batch_id }, index: 0 }
      honest = { batch: { source: other!.source, id: other!.batch_id }, index: 0 }
      const paid = await opened.warehouse.one<{ token: string }>('SELECT token FROM settlement_line LIMIT 1')
      const { modelLab, gatewayOwner, treasury } = castOf(SEED, [])
      const log = await session.log()
      for (const [dispute, actor, kind, asset, items] of [
        ['wrong', modelLab, 'model', MODEL, [favoured]],
        ['right', gatewayOwner, 'infrastructure', INFRASTRUCTURE, [honest]],
        ['both', treasury, 'treasury', POLICY, [favoured, honest]],
      ] as const) {
        const line = { epoch: 1, account: actor.address, token: paid!.token, kind, asset }
        const what = { dispute, line, items, claim: 'features', bond: 0n } as const
        const { record } = await openDispute({
          ...{ ledgerId: opened.ledgerId, signer: actor.signer, source: SOURCES.portal, ...what },
        })
        await log.sink.append([record])
      }
      await closeEpoch({ ledger: opened, ...log, clock: session.clock, cutNow: true })
      await attributeEpoch({ ledger: opened })
      await settleEpoch({ ledger: opened })
      await publishEpoch({ ledger: opened, bundles: ledger.bundles })
    } finally {
      await session.close()
    }
  })

  const check = (name: string, payloads = ledger.payloads) =>
    tallyHere([
      ...['dispute', 'check', name, ledger.bundles, '--json'],
      ...['--payloads', payloads, '--extractor', ledger.extractor],
    ])

  test('features that come out otherwise are named; those that come out the same are not', async () => {
    const wrong = await check('wrong')
    expect(wrong.end).toBe(1)
    expect(documentOf(wrong)).toMatchObject({
      verdict: 'holds',
      settlement: { verdict: 'follows' },
      items: [{ account: ledger.favoured, verdict: 'holds', features: [{ outcome: 'differs' }] }],
    })
    const right = await check('right')
    expect(right.end).toBe(0)
    expect(documentOf(right)).toMatchObject({
      verdict: 'does not hold',
      items: [{ verdict: 'does not hold', features: [{ outcome: 'same', differences: [] }] }],
    })
    expect(documentOf(await check('both'))).toMatchObject({ verdict: 'holds in part' })
  })

  test('without payloads, or with what is erased, nothing is decided', async () => {
    const without = await tallyHere(['dispute', 'check', 'wrong', ledger.bundles, '--json'])
    expect(without.end).toBe(8)
    expect(documentOf(without)).toMatchObject({
      verdict: 'undecided',
      items: [{ verdict: 'undecided', features: [{ outcome: 'not looked at' }] }],
    })
    const erased = path('erased')
    cpSync(ledger.payloads, erased, { recursive: true })
    for (const name of readdirSync(erased))
      if (statSync(join(erased, name)).isDirectory()) rmSync(join(erased, name), { recursive: true })
    expect((await check('right', erased)).end).toBe(8)
    const half = await tallyHere(['dispute', 'check', 'wrong', ledger.bundles, '--json', '--payloads', ledger.payloads])
    expect(errorOf(half)).toMatchObject({ code: 'CONFIG' })
  })
})
