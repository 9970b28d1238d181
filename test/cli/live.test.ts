import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { dataDirectory } from '../../cli/data-directory.ts'
import { askRunningIngest } from '../../cli/live/client.ts'
import { findSocket } from '../../cli/live/socket-place.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { builtCli } from './support/built-cli.ts'
import { type Follower, startFollower } from './support/follower.ts'
import { copyOf, prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import { type Ended, errorOf, tally } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** The program may have to be built first. */
const SETUP_LIMIT_MS = 180_000

/** These hold the warehouse for as long as they run, or open none: nothing goes through another process. */
const OF_LOGS = ['checkpoint', 'check', 'prove', 'verify', 'compare'].map((verb) => `log ${verb}`)
const OF_FILES = ['schema check', 'import features', 'text spans', 'text score', 'verify', 'audit', 'dispute check']
const ALONE = ['demo', 'erase', 'seal', 'topics create', 'anchor watch', ...OF_FILES, ...OF_LOGS]

describeWithAnvil('beside a running ingest', () => {
  const path = temporaryFolder()
  let prepared: SmallLedger
  let follower: Follower | undefined
  let copies = 0
  beforeAll(async () => {
    await builtCli()
    prepared = await prepareLedger(path('prepared'))
    // Makes the log's key: each copy would make one of its own.
    await tallyHere(['log', 'key', '--data', prepared.data])
  }, SETUP_LIMIT_MS)
  afterEach(async () => {
    // Not killed: its embedded chain would live on.
    await follower?.end('SIGTERM')
    follower = undefined
  })

  /** A folder of its own with the ledger as `ledger` in it, so that relative paths read the same everywhere. */
  function begin(): { cwd: string; ledger: SmallLedger } {
    const cwd = path(`work-${copies++}`)
    mkdirSync(cwd)
    return { cwd, ledger: copyOf(prepared, join(cwd, 'ledger')) }
  }

  async function follow(ledger: SmallLedger, env = {}): Promise<Follower> {
    follower = await startFollower(ledger.data, { env, cwd: path() })
    return follower
  }

  /** Every verb of a ledger's life, in order. */
  const life = ({ contributor }: SmallLedger): readonly string[][] => [
    ['ingest'],
    ['epoch', 'status'],
    ['statement', contributor],
    ['epoch', 'close'],
    ['attribute'],
    ['settle'],
    ['publish'],
    ['anchor', 'propose'],
    ['anchor', 'status'],
    ['anchor', 'finalize'],
    ['anchor', 'finalize', '--skip-delay'],
    ['anchor', 'deploy'],
    ['run'],
    ['run', '--now', '--skip-delay'],
    ['epoch', 'status'],
    ['statement', contributor],
    ['statement', contributor, '--format', 'html', '--with-receipts', '--out', 'statement.html'],
    ['incentives', '1'],
    ['explain', 'use-1-1'],
    ['insights', 'reader'],
    ['export', 'features', '--model', 'reader', '--out', 'features'],
    ['export', 'payout-tree', '--out', 'payout-tree.json'],
    ['export', 'tables', '--out', 'tables'],
    ['query', 'SELECT kind, sum(amount) FROM lines GROUP BY ALL ORDER BY ALL'],
    ['query', "COPY lines TO 'x'"],
    ['receipt', contributor],
    ['receipt', contributor, '--out', 'receipt.json'],
    ['claim', contributor],
    ['claim', contributor],
    ['log', 'copy', '--to', 'copy'],
    ['log', 'tiles'],
    ['log', 'key'],
    ['anchor', 'resume'],
    ['anchor', 'veto', '9'],
    ['anchor', 'retry', '--reason', 'nothing was vetoed'],
    ['dlq', 'list'],
    ['dlq', 'show', '1'],
    ['dlq', 'redrive', '--all', '--dry-run'],
    ['schema', 'list'],
    ['schema', 'register', 'no-such-file.avsc', '--id', '70000', '--event', 'InferenceRecorded'],
    [
      ...['signature', 'check', `0x${'11'.repeat(20)}`, '--digest', `0x${'22'.repeat(32)}`],
      ...['--signature', '0x', '--source', 'urn:nobody'],
    ],
    ['doctor'],
    ['statement', 'nobody'],
    ['explain', 'no-such-use'],
    ['agent', 'show', 'no-such-agent'],
    ['insights', 'no-such-model'],
    ['quote', 'no-such-model', '--units', 'calls=1'],
    ['policy', 'show'],
    ['erasure', 'status'],
    ['policy', 'show', '--at', '1'],
    ['policy', 'simulate', 'no-such-file.json', '--epochs', '1..1'],
    ['rerun', '--epochs', '1..1'],
    ['diff', 'no-such-rerun'],
    ['adjust', '--epochs', '1..1', '--dry-run'],
    ['market', 'list'],
    ['market', 'list', 'reader', '--all'],
    [
      ...['market', 'offer', 'reader', '--parts', '1', '--price', '1', '--token', `0x${'11'.repeat(20)}`],
      ...['--source', 'urn:nobody', '--contract', `0x${'22'.repeat(20)}`],
    ],
    ['market', 'accept', 'no-such-offer', '--source', 'urn:nobody', '--contract', `0x${'22'.repeat(20)}`],
    ['market', 'withdraw', 'no-such-offer', '--source', 'urn:nobody', '--contract', `0x${'22'.repeat(20)}`],
    ['dispute', 'list'],
    ['dispute', 'list', contributor, '--all'],
    ['dispute', 'show', 'no-such-dispute'],
    [
      ...['dispute', 'open', '--epoch', '1', '--kind', 'data', '--asset', 'reader', '--token', `0x${'11'.repeat(20)}`],
      ...['--source', 'urn:nobody', '--contract', `0x${'22'.repeat(20)}`],
    ],
    ['dispute', 'resolve', 'no-such-dispute', '--reject', '--reason', 'nothing'],
    ['claim', `0x${'11'.repeat(20)}`],
    ['correct', 'no-such-use', '--void', '--reason', 'never happened'],
    ['retire', 'reader', '--source', 'urn:nobody', '--key-file', 'no-such.key'],
    ['text', 'map', 'reader', '--source', 'urn:nobody', '--key-file', 'no-such.key', '--extractor', 'urn:nobody'],
    ['text', 'items', 'urn:nobody/batch', '--map', 'no-such-map', '--corpus', 'no-such-folder'],
    [
      ...['text', 'outputs', '--map', 'no-such-map', '--gateway', 'urn:nobody'],
      ...['--uses', 'no-such-file', '--outputs', 'no-such-file'],
    ],
  ]

  async function live(cwd: string, ledger: SmallLedger): Promise<(Pick<Ended, 'end' | 'stdout'> & { verb: string })[]> {
    const told = []
    for (const verb of life(ledger)) {
      const { end, stdout, stderr } = await tallyHere([...verb, '--json', '--data', ledger.data], { cwd })
      expect({ verb, stderr }).toEqual({ verb, stderr: '' })
      JSON.parse(stdout)
      // What doctor finds on the disk is not the same twice.
      told.push({ verb: verb.join(' '), end, stdout: stdout.replaceAll(cwd, '').replaceAll(/\d+ MiB/g, 'some MiB') })
    }
    return told
  }

  test(
    'every verb prints the same document as without it',
    async () => {
      const down = begin()
      const up = begin()
      // What is stored already when the first verb begins: who stores it is no part of the comparison.
      for (const { ledger } of [down, up]) await tallyHere(['ingest', '--data', ledger.data])
      const alone = await live(down.cwd, down.ledger)
      await follow(up.ledger)
      expect(await live(up.cwd, up.ledger)).toEqual(alone)
      expect(alone.filter(({ end }) => end === 0).length).toBeGreaterThan(15)
      for (const written of ['receipt.json', 'payout-tree.json', 'copy/genesis.json'])
        expect(readFileSync(join(up.cwd, written))).toEqual(readFileSync(join(down.cwd, written)))
      const dump = readFileSync(join(up.cwd, 'payout-tree.json'), 'utf8')
      const receipt = JSON.parse(readFileSync(join(up.cwd, 'receipt.json'), 'utf8'))
      expect(StandardMerkleTree.load(JSON.parse(dump)).root).toBe(receipt.manifest.payout.root)
    },
    SETUP_LIMIT_MS,
  )

  test('a person is told so, on stderr', async () => {
    const { cwd, ledger } = begin()
    const status = () => tally(['epoch', 'status', '--data', 'ledger'], { cwd })
    const before = await status()
    const { pid } = await follow(ledger)
    await tally(['ingest', '--data', 'ledger'], { cwd })
    const through = await status()
    expect(before).toMatchObject({ end: 0, stderr: '' })
    expect(through).toMatchObject({ end: 0, stderr: `through the running ingest, pid ${pid}\n` })
    expect(through.stdout).toContain('31 records wait for the next cut')
    await follower!.end('SIGTERM')
    expect(await status()).toEqual({ ...through, stderr: '' })
  })

  test('no verb was forgotten here', async () => {
    const inLife = life(prepared).map((verb) => verb.join(' '))
    const forgotten = (await verbsBelow([])).filter(
      (verb) => !ALONE.includes(verb) && !inLife.some((each) => each === verb || each.startsWith(`${verb} `)),
    )
    expect(forgotten).toEqual([])
  })

  test('a check does not go through it, whatever settings it has', async () => {
    const { ledger } = begin()
    await tallyHere(['run', '--data', ledger.data])
    await follow(ledger)
    const audited = await tallyHere(['audit', `${ledger.data}/bundles`, '--data', ledger.data])
    expect(audited).toMatchObject({ end: 3, stderr: '' })
    const unasked = await tallyHere(['audit', `${ledger.data}/bundles`, '--json', '--rpc', 'http://127.0.0.1:1'])
    expect(errorOf(unasked)).toMatchObject({ code: 'RPC_UNREACHABLE' })
  })

  test('a policy is simulated through it as without it, and it ingests on', async () => {
    const { cwd, ledger } = begin()
    await tallyHere(['run', '--data', ledger.data])
    const policy = async (...args: string[]) => {
      const { end, stdout } = await tallyHere(['policy', ...args, '--json', '--data', ledger.data], { cwd })
      expect(stdout).not.toContain('"error"')
      expect(end).toBe(0)
      return JSON.parse(stdout)
    }
    const { policy: body } = await policy('show')
    writeFileSync(join(cwd, 'policy.json'), JSON.stringify({ ...body, treasuryParts: 100_000, modelParts: 250_000 }))
    const simulate = async () => {
      const { costs, ...told } = await policy('simulate', 'policy.json', '--epochs', '1..1', '--scratch', '.')
      return { ...told, costs: { ...costs, compute_ms: undefined } }
    }
    const alone = await simulate()
    expect(alone.accounts.some(({ delta }: { delta: string }) => delta !== '0')).toBe(true)
    await follow(ledger)
    expect(await simulate()).toEqual(alone)
    expect(await tallyHere(['ingest', '--data', ledger.data])).toMatchObject({ end: 0 })
  })

  test('a second one is refused, and so is what must not run in its process', async () => {
    const { ledger } = begin()
    const { pid } = await follow(ledger)
    const second = await tallyHere(['ingest', '--follow', '--json', '--data', ledger.data])
    expect(second.end).toBe(4)
    expect(errorOf(second)).toMatchObject({ code: 'WAREHOUSE_LOCKED', facts: { pid } })
    for (const argv of [['ingest', '--follow'], ['demo'], ['verify', 'x'], ['frobnicate'], ['epoch', 'close', '--x']])
      expect(await askFor(ledger, argv)).toBe(2)
    expect(await askFor(ledger, ['epoch', 'status'])).toBe(0)
  })

  /** Over the socket whatever the verb is, as no `tally` does. */
  function askFor({ data }: SmallLedger, argv: readonly string[]): Promise<number | undefined> {
    const config = { data, partitions: 2, kafkaGroup: 'tallystick' }
    const output = { stdout: () => undefined, stderr: () => undefined, exit: () => undefined }
    return askRunningIngest({
      config,
      given: new Map(),
      argv,
      cwd: '/',
      directory: dataDirectory(data),
      output: { ...output, columns: undefined, hasColours: false },
      json: false,
    })
  }

  test('other settings than its own are refused by name, the same ones and none are not', async () => {
    const key = `0x${'12'.repeat(32)}`
    const { ledger } = begin()
    await follow(ledger, { PROPOSER_KEY: key, KAFKA_GROUP: 'mine' })
    const run = (env: Record<string, string>, ...flags: string[]) =>
      tallyHere(['epoch', 'status', '--data', ledger.data, ...flags], { env })
    for (const env of [{}, { KAFKA_GROUP: 'mine' }, { PROPOSER_KEY: key }, { TALLY_PARTITIONS: '3' }])
      expect({ env, ...(await run(env)) }).toMatchObject({ env, end: 0 })
    const other = { PROPOSER_KEY: `0x${'34'.repeat(32)}`, KAFKA_BROKERS: 'secret.example:9092' }
    const refused = await run(other, '--rpc', 'https://secret.example/key')
    expect(refused).toMatchObject({ end: 2, stdout: '' })
    expect(refused.stderr).toContain(
      'started with other settings: kafkaBrokers (from KAFKA_BROKERS), proposerKey (from PROPOSER_KEY), rpcUrl (from --rpc).',
    )
    expect(refused.stderr).not.toMatch(/secret|3434/)
    expect(errorOf(await run(other, '--json'))).toMatchObject({ code: 'SETTINGS_DIFFER' })
  })

  test('stopped by SIGTERM or SIGINT it ends with 0, its socket is gone, and the next one goes on', async () => {
    const { ledger } = begin()
    for (const [signal, records] of [
      ['SIGTERM', 31],
      ['SIGINT', 0],
    ] as const) {
      await follow(ledger)
      await tallyHere(['ingest', '--data', ledger.data])
      const ended = await follower!.end(signal)
      expect(ended).toMatchObject({
        end: 0,
        stdout: `${records} new records, 0 of them rejected by their own bytes.\n`,
      })
      expect(readdirSync(ledger.data).filter((name) => /sock|lock|process/.test(name))).toEqual([])
    }
  })

  describe('its socket', () => {
    test('is this user’s alone', async () => {
      const { ledger } = begin()
      await follow(ledger)
      expect(lstatSync(join(ledger.data, 'tally.sock')).mode & 0o777).toBe(0o600)
    })

    test('left behind by one that was killed: verbs run by themselves, and it is removed', async () => {
      const { ledger } = begin()
      await follow(ledger)
      await follower!.end('SIGKILL')
      expect(existsSync(join(ledger.data, 'tally.sock'))).toBe(true)
      expect(await tallyHere(['epoch', 'status', '--data', ledger.data])).toMatchObject({ end: 0, stderr: '' })
      expect(existsSync(join(ledger.data, 'tally.sock'))).toBe(false)
    })

    test('left behind, the next ingest takes its place', async () => {
      const { ledger } = begin()
      await follow(ledger)
      await follower!.end('SIGKILL')
      const { pid } = await follow(ledger)
      expect((await tallyHere(['epoch', 'status', '--data', ledger.data])).stderr).toContain(`pid ${pid}`)
    })

    test('in a folder whose path is too long for one, lies elsewhere; all works the same', async () => {
      const long = path('long', 'x'.repeat(60), 'y'.repeat(60))
      mkdirSync(long, { recursive: true })
      const ledger = copyOf(prepared, join(long, 'ledger'))
      await follow(ledger)
      const place = readFileSync(join(ledger.data, 'tally.sock.path'), 'utf8')
      expect(place.length).toBeLessThan(104)
      expect(lstatSync(join(place, '..')).mode & 0o777).toBe(0o700)
      const through = await tallyHere(['epoch', 'status', '--data', ledger.data])
      expect(through).toMatchObject({ end: 0, stderr: expect.stringContaining('through the running ingest') })
      await follower!.end('SIGKILL')
      expect(await tallyHere(['epoch', 'status', '--data', ledger.data])).toMatchObject({ end: 0, stderr: '' })
      expect([existsSync(place), existsSync(join(ledger.data, 'tally.sock.path'))]).toEqual([false, false])
      await follow(ledger)
      const next = readFileSync(join(ledger.data, 'tally.sock.path'), 'utf8')
      expect(await follower!.end('SIGTERM')).toMatchObject({ end: 0 })
      expect([existsSync(join(next, '..')), existsSync(join(ledger.data, 'tally.sock.path'))]).toEqual([false, false])
    })

    test('of another user is not spoken to', async () => {
      const data = path('foreign')
      mkdirSync(data)
      const directory = dataDirectory(data)
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(directory.socket, resolve))
      try {
        expect(findSocket(directory)).toBe(directory.socket)
        if (process.getuid!() !== 0)
          return console.log('Only root can give a file away: the rest of this test is left out.')
        chownSync(directory.socket, 65_534, 65_534)
        expect(() => findSocket(directory)).toThrow(expect.objectContaining({ code: 'SOCKET_FOREIGN' }))
      } finally {
        await new Promise((resolve) => server.close(resolve))
      }
    })

    test('named in a file that lies, removes nothing but a socket', async () => {
      const { ledger } = begin()
      const precious = path('precious')
      writeFileSync(precious, 'kept')
      chmodSync(precious, 0o600)
      writeFileSync(join(ledger.data, 'tally.sock.path'), precious)
      expect(await tallyHere(['epoch', 'status', '--data', ledger.data])).toMatchObject({ end: 0 })
      expect(readFileSync(precious, 'utf8')).toBe('kept')
    })
  })
})

/** `epoch close`, … of the help texts. */
async function verbsBelow(words: readonly string[]): Promise<string[]> {
  const { stdout } = await tallyHere([...words, '--help'])
  const listed = stdout.split('Commands:\n')[1]?.split('\n\n')[0] ?? ''
  const names = listed.split('\n').flatMap((line) => /^ {2}([a-z-]+)/.exec(line)?.[1] ?? [])
  const inner = names.filter((name) => name !== 'help')
  if (inner.length === 0) return [words.join(' ')]
  return (await Promise.all(inner.map((name) => verbsBelow([...words, name])))).flat()
}
