import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { instanceAt, type RunningAnvil } from '../../anchor/chain/anvil-process.ts'
import { attachLocalChain, type LocalChain } from '../../anchor/chain/local-chain.ts'
import { Xoshiro128 } from '../../extractors/random.ts'
import { EPOCH_STEPS } from '../../jobs/run-epoch.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { isNightly } from '../support/nightly.ts'
import { type Anchored, anchoredOn } from './support/anchored.ts'
import { builtCli } from './support/built-cli.ts'
import { copyOf, externalChain, prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import { documentOf, type Ended, type TallyOptions, tally } from './support/tally.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const SEED = process.env.TALLY_TEST_SEED ?? String(Date.now())
const RANDOM_SCENARIOS = isNightly ? 20 : 1
const KILLS_PER_SCENARIO = 3
/** The next step takes about so long after one was printed. */
const MOMENT_MS_MAX = 200
/** From the start of a process to its first step. */
const START_MS_MAX = 1_200
const DELAY_S = 3_600
const RUNS_MAX = 8
const NOTHING = 'Nothing to do: every epoch that can be is finished.\n'

/** A moment of a run: so long after the n-th line that it prints (0: after its start). */
interface Moment {
  readonly line: number
  readonly after_ms: number
}

/** What must be the same however often the work was interrupted. */
interface Finished extends Anchored {
  readonly bundles: readonly string[]
  readonly manifest: string
  readonly state_json: string
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Kills at the moment; a run that ends before it is not killed. */
function killAt({ line, after_ms }: Moment): Pick<TallyOptions, 'onLine' | 'onStart'> {
  let lines = 0
  const killLater = async (child: ChildProcess) => {
    if (after_ms > 0) await sleep(after_ms)
    child.kill('SIGKILL')
  }
  return {
    onStart: (child) => {
      if (line === 0) void killLater(child)
    },
    onLine: (_, child) => {
      if (++lines === line) void killLater(child)
    },
  }
}

describeWithAnvil('tally run, killed with SIGKILL', () => {
  const path = temporaryFolder()
  let prepared: SmallLedger
  let undisturbed: Finished
  let copies = 0
  let chain: LocalChain | undefined

  async function begin(): Promise<{ ledger: SmallLedger; running: LocalChain }> {
    const ledger = copyOf(prepared, path(`copy-${copies++}`))
    chain = await externalChain(ledger)
    return { ledger, running: chain }
  }

  async function finished(ledger: SmallLedger, rpcUrl: string): Promise<Finished> {
    const bundle = `${ledger.data}/bundles/epoch-000001`
    return {
      ...(await anchoredOn(rpcUrl, ledger)),
      bundles: readdirSync(`${ledger.data}/bundles`),
      manifest: sha256(`${bundle}/manifest.json`),
      state_json: sha256(`${bundle}/state.json`),
    }
  }

  /** Runs until there is nothing to wait for, each run killed at its moment while there are some. */
  async function runToTheEnd(ledger: SmallLedger, running: LocalChain, kills: readonly Moment[]): Promise<Ended[]> {
    const moments = [...kills]
    const runs: Ended[] = []
    while (runs.at(-1)?.end !== 0) {
      if (runs.length === RUNS_MAX) throw new Error(`Not finished after ${RUNS_MAX} runs: ${JSON.stringify(runs)}`)
      const moment = moments.shift()
      const killing = moment === undefined ? {} : killAt(moment)
      const ended = await tally(['run', '--data', ledger.data], { env: { RPC_URL: running.rpcUrl }, ...killing })
      expect(['SIGKILL', 0, 4]).toContain(ended.end)
      runs.push(ended)
      // Time passes for the chain alone; when the epoch is not proposed yet, this changes nothing.
      if (ended.end !== 0) await running.advanceTime(DELAY_S)
    }
    return runs
  }

  beforeAll(async () => {
    await builtCli()
    prepared = await prepareLedger(path('prepared'))
    const { ledger, running } = await begin()
    const run = () => tally(['run', '--json', '--data', ledger.data], { env: { RPC_URL: running.rpcUrl } })
    const first = await run()
    await running.advanceTime(DELAY_S)
    const second = await run()
    expect([first.end, second.end]).toEqual([4, 0])
    const done = [first, second].flatMap((each) => documentOf<{ done: { step: string }[] }>(each).done)
    expect(done.map(({ step }) => step)).toEqual([...EPOCH_STEPS])
    undisturbed = await finished(ledger, running.rpcUrl)
    await running.stop()
  })
  afterEach(() => chain?.stop())

  async function expectSame(ledger: SmallLedger, running: LocalChain): Promise<void> {
    expect(await finished(ledger, running.rpcUrl)).toEqual(undisturbed)
    const env = { RPC_URL: running.rpcUrl }
    expect(await tally(['run', '--data', ledger.data], { env })).toMatchObject({ end: 0, stdout: NOTHING })
    expect(await finished(ledger, running.rpcUrl)).toEqual(undisturbed)
  }

  test('undisturbed it anchors one epoch, once', () => {
    expect(undisturbed).toMatchObject({ state: 'finalized', proposals: 1, finalizations: 1, bundles: ['epoch-000001'] })
    expect(undisturbed.manifestHash).toBe(`0x${undisturbed.manifest}`)
  })

  test.each(EPOCH_STEPS.slice(0, -1).map((step, index) => [step, index + 1] as const))(
    'when %s was just done: the next run goes on behind it, and all is the same',
    async (step, line) => {
      const { ledger, running } = await begin()
      const [killed, ...later] = await runToTheEnd(ledger, running, [{ line, after_ms: 0 }])
      expect(killed!.end).toBe('SIGKILL')
      // Each step was printed when it was done, not when the run ended.
      expect(killed!.stdout).toContain(`✓ ${step} epoch 1: `)
      for (const { stdout } of later) expect(stdout).not.toContain(`✓ ${step} `)
      await expectSame(ledger, running)
    },
  )

  test('when finalize was just done: there is nothing left to do', async () => {
    const { ledger, running } = await begin()
    const untouched = { line: RUNS_MAX, after_ms: 0 }
    const runs = await runToTheEnd(ledger, running, [untouched, { line: 1, after_ms: 0 }])
    expect(runs.map(({ end }) => end)).toEqual([4, 'SIGKILL', 0])
    expect(runs[1]!.stdout).toContain('✓ finalize epoch 1: ')
    await expectSame(ledger, running)
  })

  test.each(Array.from({ length: RANDOM_SCENARIOS }, (_, index) => index))(
    'again and again at random moments (%#): all is the same',
    async (index) => {
      const random = Xoshiro128.fromSeed(SEED).fork(`kills ${index}`)
      const moments = Array.from({ length: KILLS_PER_SCENARIO }, (_, kill): Moment => {
        // Later runs have less to do, and print less.
        const line = random.nextInt(kill === 0 ? EPOCH_STEPS.length : 2)
        return { line, after_ms: random.nextInt(line === 0 ? START_MS_MAX : MOMENT_MS_MAX) }
      })
      const { ledger, running } = await begin()
      const runs = await runToTheEnd(ledger, running, moments)
      const killed = runs.filter(({ end }) => end === 'SIGKILL').length
      console.log(`TALLY_TEST_SEED=${SEED}: ${killed} of ${runs.length} runs killed, ${JSON.stringify(moments)}`)
      await expectSame(ledger, running)
    },
  )

  // The embedded chain, no RPC_URL. An anvil that is left behind would live on.
  const leftChain = ({ data }: SmallLedger): RunningAnvil | undefined =>
    existsSync(`${data}/chain.process.json`)
      ? (JSON.parse(readFileSync(`${data}/chain.process.json`, 'utf8')) as RunningAnvil)
      : undefined

  test.each([
    ['propose', 5],
    ['finalize', 6],
  ])('with the embedded chain, when %s was just done: the next run takes the chain over', async (step, line) => {
    const ledger = copyOf(prepared, path(`copy-${copies++}`))
    const run = (options: TallyOptions = {}) => tally(['run', '--skip-delay', '--data', ledger.data], options)
    const killed = await run(killAt({ line, after_ms: 0 }))
    expect(killed.end).toBe('SIGKILL')
    expect(killed.stdout).toContain(`✓ ${step} epoch 1: `)
    const left = leftChain(ledger)!
    expect(await instanceAt(left.rpcUrl)).toBe(left.instanceId)

    expect((await run()).end).toBe(0)
    expect(leftChain(ledger)).toBeUndefined()
    expect(await instanceAt(left.rpcUrl)).toBeUndefined()
    chain = await externalChain(ledger)
    expect(await anchoredOn(chain.rpcUrl, ledger)).toMatchObject({
      state: 'finalized',
      payoutRoot: undisturbed.payoutRoot,
    })
    await chain.stop()
    expect(await run()).toMatchObject({ end: 0, stdout: NOTHING })
    expect(leftChain(ledger)).toBeUndefined()
  })

  test.each([
    ['propose', 5],
    ['finalize', 6],
  ])(
    'together with its embedded chain, when %s was just done: nothing that counts was only in memory',
    async (step, line) => {
      const ledger = copyOf(prepared, path(`copy-${copies++}`))
      const run = (options: TallyOptions = {}) => tally(['run', '--skip-delay', '--data', ledger.data], options)
      let lines = 0
      const killed = await run({
        onLine: (_, child) => {
          if (++lines !== line) return
          // As a container that is stopped, or a power cut: no time to save anything.
          process.kill(leftChain(ledger)!.pid, 'SIGKILL')
          child.kill('SIGKILL')
        },
      })
      expect(killed.end).toBe('SIGKILL')
      expect(killed.stdout).toContain(`✓ ${step} epoch 1: `)
      expect(await attachLocalChain(leftChain(ledger)!)).toBeUndefined()
      expect((await run()).end).toBe(0)
      chain = await externalChain(ledger)
      const { proposals: _, finalizations: __, ...roots } = await anchoredOn(chain.rpcUrl, ledger)
      expect(undisturbed).toMatchObject(roots)
      await chain.stop()
      expect(await run()).toMatchObject({ end: 0, stdout: NOTHING })
    },
  )
})
