import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { documentOf, errorOf, tally } from '../cli/support/tally.ts'
import { kafkaAvailable, type RunningKafka, startKafka } from '../support/kafka/kafka.mjs'

const LIMIT_MS = 300_000
const { available, hint } = kafkaAvailable()

if (available) describe('the demo on a real Kafka', onKafka)
else if (process.env.CI === 'true') test('Kafka can run here', () => Promise.reject(new Error(hint)))
else {
  console.warn(`The demo on Kafka is skipped. ${hint}`)
  test.skip('the demo on a real Kafka', () => undefined)
}

/** Path → bytes of every file below. */
function filesOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path))
  const files = paths.filter((path) => statSync(path).isFile()).sort()
  return Object.fromEntries(files.map((path) => [relative(folder, path), readFileSync(path).toString('base64')]))
}

function onKafka(): void {
  let kafka: RunningKafka
  let folder: string
  let env: Record<string, string>
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-demo-kafka-'))
    kafka = await startKafka()
    env = { KAFKA_BROKERS: kafka.brokers.join(',') }
  }, LIMIT_MS)
  afterAll(async () => {
    await kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 90_000)

  test(
    'passes its audit; a copy of its topics gives byte-equal bundles without Kafka; a second demo is refused',
    async () => {
      const [data, copy] = [join(folder, 'ledger'), join(folder, 'copy')]
      const demo = await tally(['demo', '--json', '--epochs', '2', '--keep', data], { env })
      expect(documentOf(demo)).toMatchObject({ audit: { ok: true }, epochs: [{ epoch: 1 }, { epoch: 2 }] })
      const accounts = documentOf<{ accounts: { role: string; earned: string; claimed: string }[] }>(demo).accounts
      expect(accounts.find(({ role }) => role === 'copier')!.earned).toBe('0')
      for (const { earned, claimed } of accounts) expect(claimed).toBe(earned)

      expect((await tally(['log', 'copy', '--data', data, '--to', copy], { env })).end).toBe(0)
      for (let epoch = 1; epoch <= 2; epoch++)
        for (const verb of [['epoch', 'close'], ['attribute'], ['settle'], ['publish']])
          expect(documentOf(await tally([...verb, '--json', '--data', copy]))).toMatchObject({ did: 'done', epoch })
      const [original, copied] = [filesOf(join(data, 'bundles')), filesOf(join(copy, 'bundles'))]
      expect(Object.keys(original).length).toBeGreaterThan(10)
      expect(copied).toEqual(original)

      const again = await tally(['demo', '--json'], { env })
      expect(errorOf(again)).toMatchObject({ code: 'TOPICS_IN_USE' })
    },
    LIMIT_MS,
  )
}
