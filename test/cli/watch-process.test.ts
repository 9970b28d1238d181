import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Look } from '../../anchor/watch/watcher.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { builtCli } from './support/built-cli.ts'
import { documentOf, tally } from './support/tally.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { attesters, keyOf, WatchedLedger } from './support/watched-ledger.ts'

/** The program may have to be built first. */
const SETUP_LIMIT_MS = 180_000
const WAIT_LIMIT_MS = 30_000
const KILLS = 6
const SEED = Number(process.env.SEED ?? 6)

describeWithAnvil('tally anchor watch, as a process', () => {
  const path = temporaryFolder()
  const children: ChildProcess[] = []
  let world: WatchedLedger
  let bundles: string
  let out: string
  let tests = 0
  beforeAll(async () => {
    await builtCli()
    world = await WatchedLedger.open(path('ledger'))
  }, SETUP_LIMIT_MS)
  beforeEach(async () => {
    tests += 1
    bundles = world.bundlesIn(path(`bundles-${tests}`))
    out = path(`out-${tests}`)
    await world.goBack()
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(() => world?.close())

  async function start(...flags: string[]) {
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, [await builtCli(), ...world.argv(bundles, out, '--poll', '1', ...flags)], {
      env: { PATH, NO_COLOR: '1', ATTESTER_KEY: keyOf(attesters[0]!) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    const text = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      text.stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      text.stderr += chunk.toString()
    })
    return { child, text, exited: once(child, 'exit') as Promise<[number | null, string | null]> }
  }

  async function until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
    for (const deadline = performance.now() + WAIT_LIMIT_MS; !(await condition()); await sleep(50))
      if (performance.now() > deadline) throw new Error(`It does not come: ${what()}`)
  }

  const signed = () => (existsSync(out) ? readdirSync(out).filter((name) => name.startsWith('attestation-')) : [])

  test('killed with -9 again and again, it ends with the attestation that it makes undisturbed', async () => {
    await world.propose()
    const undisturbed = documentOf<Look>(await world.look(bundles, path('undisturbed')))
    let random = SEED
    console.log(`seed ${SEED}`)
    for (let n = 0; n < KILLS; n++) {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648
      const { child, exited } = await start()
      await sleep(200 + (random % 1_800))
      child.kill('SIGKILL')
      await exited
      for (const name of signed()) expect(readFileSync(join(out, name))).toEqual(readFileSync(undisturbed.attestation!))
      // What is kept at random decides whether the next one begins again in the middle, or before.
      if (n % 3 === 2) for (const name of signed()) rmSync(join(out, name))
    }
    const env = { ATTESTER_KEY: keyOf(attesters[0]!) }
    expect((await tally(world.argv(bundles, out, '--once'), { env })).end).toBe(0)
    expect(signed()).toHaveLength(1)
    expect(readFileSync(join(out, signed()[0]!))).toEqual(readFileSync(undisturbed.attestation!))
  }, 60_000)

  test('alarms on stderr, in its metrics and at a webhook that hangs, and attests when the bundle is mended', async () => {
    let requests = 0
    const hanging = createServer(() => {
      requests += 1
    })
    hanging.listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    try {
      const webhook = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/secret`
      renameSync(join(bundles, 'epoch-000001'), path('aside'))
      await world.propose()
      const flags = ['--bundle-wait', '0', '--repeat', '1', '--webhook', webhook, '--metrics', '127.0.0.1:0']
      const { child, text, exited } = await start(...flags)
      // It is told again and again, though the webhook has not answered the first time.
      const count = () => text.stderr.split('ALARM high bundle-missing: The bundle of epoch 1 is not here.').length - 1
      await until(
        () => count() >= 2 && requests >= 2,
        () => text.stderr,
      )
      const url = /^metrics: (\S+)$/m.exec(text.stderr)![1]!
      const scrape = async () => (await fetch(url)).text()
      expect(await scrape()).toMatch(/^tally_watch_alarm\{kind="bundle-missing"\} 1$/m)
      expect((await (await fetch(url.replace('/metrics', '/healthz'))).text()).trim()).toBe('ok')
      // when: it comes
      renameSync(path('aside'), join(bundles, 'epoch-000001'))
      await until(
        () => signed().length === 1,
        () => text.stdout,
      )
      await until(
        async () => /^tally_watch_attested_epoch 1$/m.test(await scrape()),
        () => text.stdout,
      )
      expect(await scrape()).toMatch(/^tally_watch_alarm\{kind="bundle-missing"\} 0$/m)
      expect(text.stderr).not.toContain('secret')
      hanging.closeAllConnections()
      child.kill('SIGTERM')
      hanging.close()
      expect(await exited).toEqual([0, null])
    } finally {
      hanging.closeAllConnections()
      hanging.close()
    }
  }, 60_000)

  test('goes on with the next proposal after an alarm; its chain away, it says that it is blind', async () => {
    await world.propose({ ledgerRoot: `0x${'99'.repeat(32)}` })
    const { text } = await start('--json')
    await until(
      () => text.stderr.includes('ALARM high difference'),
      () => text.stderr,
    )
    // when: the guardian does what the alarm asks for, in the shape of a chain on which the right one is proposed
    await world.goBack()
    await world.propose()
    await until(
      () => signed().length === 1,
      () => text.stdout,
    )
    const looks = text.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Look)
    expect(looks.map(({ outcome }) => outcome)).toEqual(expect.arrayContaining(['alarm', 'attested']))
  }, 60_000)
})
