import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { foundLedger } from '../../cli/found-ledger.ts'
import { Session } from '../../cli/session.ts'
import type { ListedLetter } from '../../pipelines/dead-letters/list.ts'
import { fromHex, toAddress } from '../../schemas/ids.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { builtCli } from './support/built-cli.ts'
import { documentOf, errorOf, tally } from './support/tally.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const ADDRESS = toAddress(`0x${'11'.repeat(20)}`)
/** Clears the screen, colours, rings, turns the text around, is no UTF-8. */
const HOSTILE = '\u001b[2J\u001b[31mred\u0007\u202eevil\u0085'
const VALUE = Buffer.concat([Buffer.from(HOSTILE), Buffer.of(0xff, 0x00, 0x9b)])

interface Shown {
  readonly id: string
  readonly record: { key: string; headers: { name: string; value: string | null }[]; value: string | null }
  readonly decoded: { fault: string }
}

describe('tally dlq', () => {
  const path = temporaryFolder()
  let data: string
  const run = (...args: string[]) => tally([...args, '--data', data])
  const listed = async (...args: string[]) =>
    documentOf<{ letters: ListedLetter[]; waiting: number }>(await run('dlq', 'list', '--json', ...args))

  beforeAll(async () => {
    await builtCli()
    data = path('ledger')
    const session = new Session({ config: { data, partitions: 2, kafkaGroup: 'g' }, verb: 'test' })
    const deployment = { chainId: 31337, distributor: ADDRESS, token: ADDRESS, fromBlock: '0' }
    foundLedger(session, { name: 'letters', operator: ADDRESS, deployment })
    const { sink } = await session.log()
    await sink.append([
      { topic: TOPICS.chain, partition: 0, key: Buffer.from(HOSTILE), headers: [[HOSTILE, VALUE]], value: VALUE },
      { topic: TOPICS.inferences, partition: 1, key: null, headers: [], value: null },
    ])
    await session.close()
  })

  test('ingest writes and publishes letters; they are listed, shown and written to a file byte for byte', async () => {
    const ingested = await run('ingest', '--json')
    expect(documentOf(ingested)).toEqual({
      records: 2,
      rejected: 2,
      deadLetters: { published: 2, waiting: 0, stopped: [] },
    })
    const { letters, waiting } = await listed()
    expect(waiting).toBe(0)
    expect(letters.map(({ letter, topic, reason, state }) => [letter, topic, reason, state])).toEqual([
      ['2', TOPICS.inferences, 'VALUE_MISSING', 'published'],
      ['1', TOPICS.chain, 'HEADER_MISSING', 'published'],
    ])
    expect((await listed('--reason', 'VALUE_MISSING')).letters).toHaveLength(1)
    expect((await listed('--topic', TOPICS.chain, '--limit', '5')).letters).toHaveLength(1)

    const shown = documentOf<Shown>(await run('dlq', 'show', '1', '--json', '--raw', path('value')))
    expect(readFileSync(path('value'))).toEqual(VALUE)
    expect(fromHex(shown.record.value!)).toEqual(VALUE)
    expect(Buffer.from(fromHex(shown.record.key)).toString()).toBe(HOSTILE)
    expect(shown.id).toContain(`/${TOPICS.chain}/0/0/0`)
  })

  test('what a stranger wrote does not reach the terminal as it is', async () => {
    for (const args of [
      ['dlq', 'show', '1'],
      ['dlq', 'show', '1', '--json'],
      ['dlq', 'list'],
    ]) {
      const { end, stdout, stderr } = await run(...args)
      expect({ args, end, stderr }).toEqual({ args, end: 0, stderr: '' })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
      expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    }
    const document = documentOf<Shown>(await run('dlq', 'show', '1', '--json'))
    expect(document.record.headers).toEqual([{ name: HOSTILE, value: `0x${VALUE.toString('hex')}` }])
    const { stdout } = await run('dlq', 'show', '1')
    expect(stdout).toContain('\\u{1b}[2J')
    expect(stdout).toContain('000000  1b 5b 32 4a')
    expect(stdout).toContain('not readable')
  })

  test('redrive says what it would do, does it, and the record is decided anew', async () => {
    expect(documentOf(await run('dlq', 'redrive', '2', '--dry-run', '--json'))).toEqual({
      dryRun: true,
      letters: ['2'],
    })
    expect((await listed()).letters[0]!.state).toBe('published')
    expect(documentOf(await run('dlq', 'redrive', '--all', '--json'))).toEqual({ redriven: [] })
    const redriven = documentOf<{ redriven: object[] }>(await run('dlq', 'redrive', '2', '--json')).redriven
    expect(redriven).toMatchObject([{ letter: '2', topic: TOPICS.inferences }])
    expect(documentOf(await run('ingest', '--json'))).toMatchObject({ records: 1, rejected: 1 })
    const [fresh, old] = (await listed('--topic', TOPICS.inferences)).letters
    expect(fresh).toMatchObject({ letter: '3', state: 'published' })
    expect(old).toMatchObject({ letter: '2', state: 'redriven', redrive: { times: 1, outcome: 'VALUE_MISSING' } })
    expect((await run('dlq', 'list')).stdout).toContain('redriven to')
  })

  test.each([
    [['redrive'], 'Say which letters'],
    [['redrive', '1', '--all'], 'Say which letters'],
    [['list', '--reason', 'BAD'], 'must be one of'],
    [['list', '--limit', 'x'], 'must be a whole number'],
  ])('bad usage ends with 2: tally dlq %j', async (args, message) => {
    const { end, stderr } = await run('dlq', ...args)
    expect(stderr).toContain(message)
    expect(end).toBe(2)
  })

  test('a letter that is not there, and a value that is null, are said so', async () => {
    for (const number of ['99', 'x', HOSTILE])
      expect(errorOf(await run('dlq', 'show', number, '--json')).code).toBe('LETTER_UNKNOWN')
    expect(errorOf(await run('dlq', 'show', '2', '--raw', path('none'), '--json')).code).toBe('NO_VALUE')
    expect(existsSync(path('none'))).toBe(false)
  })

  test('doctor and topics say what does not apply to the embedded log', async () => {
    const { end, stdout } = await run('doctor', '--json')
    const { findings, errors } = JSON.parse(stdout) as {
      findings: { check: string; severity: string }[]
      errors: number
    }
    expect({ end, errors }).toEqual({ end: 0, errors: 0 })
    expect(findings).toContainEqual(expect.objectContaining({ check: 'broker', severity: 'note' }))
    expect((await run('topics', 'create')).stdout).toContain('makes its topics by itself')
    const unreachable = await tally(['doctor', '--json', '--data', path('none')], {
      env: { KAFKA_BROKERS: '127.0.0.1:1' },
    })
    expect(unreachable.end).toBe(4)
    expect(existsSync(path('none'))).toBe(false)
  })
})
