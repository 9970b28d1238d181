import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { Xoshiro128 } from '../../extractors/random.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { builtCli } from './support/built-cli.ts'
import { type Follower, startFollower } from './support/follower.ts'
import { copyOf, prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import type { Ended } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const SEED = process.env.TALLY_TEST_SEED ?? String(Date.now())
const RANDOM_KILLS = 3
/** The program may have to be built first. */
const SETUP_LIMIT_MS = 180_000

/** A step takes about so long. */
const MOMENT_MS_MAX = 200
const RUNS_MAX = 4

/** So long after the n-th thing that `run` prints: first through whom it runs, then each step that is done. */
interface Moment {
  readonly text: number
  readonly after_ms: number
}

describeWithAnvil('the ingest that runs verbs for others, killed with SIGKILL in the middle of one', () => {
  const path = temporaryFolder()
  let prepared: SmallLedger
  let undisturbed: object
  let follower: Follower | undefined
  let copies = 0
  beforeAll(async () => {
    await builtCli()
    prepared = await prepareLedger(path('prepared'))
    const ledger = copyOf(prepared, path('undisturbed'))
    expect(await run(ledger)).toMatchObject({ end: 0 })
    undisturbed = await finished(ledger)
  }, SETUP_LIMIT_MS)
  afterEach(async () => {
    // Not killed: its embedded chain would live on.
    await follower?.end('SIGTERM')
  })

  const run = ({ data }: SmallLedger, onText?: (text: string) => void): Promise<Ended> =>
    tallyHere(['run', '--skip-delay', '--data', data], onText === undefined ? {} : { onText })

  /** What must be the same however often it was killed. */
  async function finished({ data }: SmallLedger): Promise<object> {
    const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
    const bundle = `${data}/bundles/epoch-000001`
    const json = async (...verb: string[]) => JSON.parse((await tallyHere([...verb, '--json', '--data', data])).stdout)
    return {
      bundles: readdirSync(`${data}/bundles`),
      manifest: sha256(`${bundle}/manifest.json`),
      state_json: sha256(`${bundle}/state.json`),
      status: await json('epoch', 'status'),
      anchored: await json('anchor', 'status'),
      // In which transactions and blocks it was anchored may differ.
      statement: { ...(await json('statement', prepared.contributor)), proofs: [], claimable: [] },
    }
  }

  /** Runs through an ingest that is killed at the moment. @returns how the asking process ended */
  async function runAndKill(ledger: SmallLedger, { text, after_ms }: Moment): Promise<Ended> {
    const running = await startFollower(ledger.data)
    follower = running
    let texts = 0
    let killed: Promise<unknown> | undefined
    const ended = await run(ledger, () => {
      if (++texts === text) killed = sleep(after_ms).then(() => running.end('SIGKILL'))
    })
    await killed
    await running.end('SIGKILL')
    return ended
  }

  async function expectSame(ledger: SmallLedger): Promise<void> {
    for (let runs = 0; ; runs++) {
      const { end, stderr } = await run(ledger)
      expect([0, 4]).toContain(end)
      expect(stderr).not.toContain('through')
      if (end === 0) break
      expect(runs).toBeLessThan(RUNS_MAX)
    }
    expect(await finished(ledger)).toEqual(undisturbed)
  }

  const copy = () => copyOf(prepared, path(`copy-${copies++}`))

  test('whoever asked is told, with what to do; and the same command by itself finishes the work', async () => {
    const ledger = copy()
    const ended = await runAndKill(ledger, { text: 2, after_ms: 0 })
    expect(ended.end).toBe(4)
    expect(ended.stdout).toContain('✓ close epoch 1: ')
    expect(ended.stderr).toMatch(/The running ingest, process \d+, ended before this was done.\nRun this again/)
    await expectSame(ledger)
  })

  test('the next ingest goes on, and the same command through that one finishes the work', async () => {
    const ledger = copy()
    await runAndKill(ledger, { text: 1, after_ms: 0 })
    follower = await startFollower(ledger.data)
    expect(await run(ledger)).toMatchObject({ end: 0, stderr: expect.stringContaining('through the running ingest') })
    expect(await finished(ledger)).toEqual(undisturbed)
  })

  test('again and again at random moments: all is the same', async () => {
    const random = Xoshiro128.fromSeed(SEED).fork('live kills')
    const ledger = copy()
    const moments = Array.from({ length: RANDOM_KILLS }, () => ({
      text: 1 + random.nextInt(3),
      after_ms: random.nextInt(MOMENT_MS_MAX),
    }))
    const ends: number[] = []
    for (const moment of moments) ends.push((await runAndKill(ledger, moment)).end as number)
    console.log(`TALLY_TEST_SEED=${SEED}: ended with ${ends.join(', ')}, ${JSON.stringify(moments)}`)
    for (const end of ends) expect([0, 4]).toContain(end)
    await expectSame(ledger)
  })
})
