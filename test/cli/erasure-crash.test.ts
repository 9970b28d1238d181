import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from '@jest/globals'
import { auditBundle } from '../../audit/index.ts'
import { addressOf } from '../support/ledger/cast.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { builtCli } from './support/built-cli.ts'
import { ErasableLedger, OPERATOR } from './support/erasable-ledger.ts'
import { documentOf, tally } from './support/tally.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const SEED = process.env.TALLY_TEST_SEED ?? String(Date.now())
const KILLS = 4
/** About what a run takes, the start of the process included. */
const RUN_MS = 2_500
/** The program may have to be built first. */
const SETUP_LIMIT_MS = 180_000
const path = temporaryFolder()
let prepared: ErasableLedger

beforeAll(async () => {
  await builtCli()
  prepared = await ErasableLedger.found(path('prepared'))
  await prepared.publish(...(await prepared.contributed('alice')), ...(await prepared.contributed('bob')))
  await prepared.tally('erase', '--account', addressOf('bob'))
  await prepared.publish()
}, SETUP_LIMIT_MS)

test('killed with SIGKILL again and again, tally erase ends with nothing left, and nothing but that lost', async () => {
  console.info(`erasure-crash: seed ${SEED} (TALLY_TEST_SEED)`)
  const random = randomOf(Number(BigInt(SEED) % 2n ** 31n))
  const ledger = prepared.at(path('killed'))
  cpSync(prepared.data, ledger.data, { recursive: true })
  for (let kill = 0; kill < KILLS; kill++) {
    const after_ms = random(RUN_MS)
    await tally(['erase', '--json', '--data', ledger.data], {
      env: OPERATOR,
      onStart: (child) => void sleep(after_ms).then(() => child.kill('SIGKILL')),
    })
  }
  expect((await tally(['erase', '--json', '--data', ledger.data], { env: OPERATOR })).end).toBe(0)
  const again = await ledger.tally('erase')
  expect(documentOf(again)).toMatchObject({
    items: 4,
    payloads: 0,
    records: 0,
    messages: 0,
    bundles: [],
    rewritten: [],
  })
  expect(ledger.filesOf('bob')).toEqual([])
  expect(ledger.copiesOf('alice')).toBeGreaterThan(1)
  const report = await auditBundle(join(ledger.data, 'bundles'))
  expect(report.firstDifference).toBeUndefined()
  expect(report.erased).toMatchObject({ records: 4, items: 4 })
}, 120_000)
