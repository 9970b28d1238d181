import { existsSync, readdirSync, renameSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { instanceAt } from '../../anchor/chain/anvil-process.ts'
import { Session } from '../../cli/session.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { builtCli } from './support/built-cli.ts'
import { startOtherChain } from './support/other-chain.ts'
import { copyOf, prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import { documentOf, type Ended, errorOf, tally } from './support/tally.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const NO_RPC = 'http://127.0.0.1:1'
const ADDRESS = `0x${'11'.repeat(20)}`

/** What was done, as `step epoch`. */
function doneIn(ended: Ended): string[] {
  const { done } = documentOf<{ done: { step: string; epoch: number }[] }>(ended)
  return done.map(({ step, epoch }) => `${step} ${epoch}`)
}

describeWithAnvil('what stands in the way is named, and once it is gone the work goes on', () => {
  const path = temporaryFolder()
  let prepared: SmallLedger
  beforeAll(async () => {
    await builtCli()
    prepared = await prepareLedger(path('prepared'))
  })

  test('without a genesis every verb that needs one says how a ledger begins, and makes no folder', async () => {
    const data = path('mistyped')
    const verbs = [
      ['run'],
      ['attribute'],
      ['epoch', 'status'],
      ['statement', ADDRESS],
      ['explain', 'some-use'],
      ['receipt', ADDRESS],
      ['claim', ADDRESS],
    ]
    for (const verb of verbs) {
      const ended = await tally([...verb, '--json', '--data', data])
      expect({ verb, end: ended.end, stderr: ended.stderr }).toEqual({ verb, end: 5, stderr: '' })
      expect(errorOf(ended)).toMatchObject({ code: 'GENESIS_MISSING', hint: expect.stringContaining('anchor deploy') })
    }
    const status = await tally(['anchor', 'status', '--data', data])
    expect(status).toMatchObject({ end: 5, stdout: '' })
    expect(status.stderr).toContain('Run `tally anchor deploy` first.')
    expect(existsSync(data)).toBe(false)
  })

  test('a genesis, a deployment or a chain that was away: the same command again finishes the work', async () => {
    const { data } = copyOf(prepared, path('away'))
    const run = (...flags: string[]) => tally(['run', '--json', '--data', data, ...flags])
    renameSync(`${data}/genesis.json`, `${data}/away`)
    expect(errorOf(await run())).toMatchObject({ code: 'GENESIS_MISSING' })
    renameSync(`${data}/away`, `${data}/genesis.json`)

    renameSync(`${data}/deployment.json`, `${data}/away`)
    const undeployed = await run()
    expect(undeployed.end).toBe(5)
    expect(errorOf(undeployed)).toMatchObject({ code: 'DEPLOYMENT_MISSING', hint: expect.stringContaining('deploy') })
    renameSync(`${data}/away`, `${data}/deployment.json`)

    const unreachable = await run('--rpc', NO_RPC)
    expect(unreachable.end).toBe(4)
    expect(errorOf(unreachable)).toMatchObject({
      code: 'RPC_UNREACHABLE',
      message: expect.stringContaining(NO_RPC),
      hint: expect.stringContaining('continues where it stopped'),
    })

    const other = await startOtherChain(1)
    const wrong = await run('--rpc', other.rpcUrl)
    await other.stop()
    expect(wrong.end).toBe(5)
    expect(errorOf(wrong)).toMatchObject({ code: 'CHAIN_ID_MISMATCH', facts: { expected: 31337, found: 1 } })

    // Everything up to the chain was done by the runs above, and is not done again.
    const finished = await run('--skip-delay')
    expect(finished.end).toBe(0)
    expect(doneIn(finished)).toEqual(['propose 1', 'finalize 1'])
    const nothing = await tally(['run', '--data', data])
    expect(nothing).toMatchObject({ end: 0, stdout: 'Nothing to do: every epoch that can be is finished.\n' })
  })

  test('a bundle or a receipt that is missing is an error with a hint; once it is there the check passes', async () => {
    const { data, contributor } = copyOf(prepared, path('missing'))
    const cwd = path('elsewhere')
    const receipt = path('receipt.json')
    const noReceipt = await tally(['verify', receipt, '--json'], { cwd: path() })
    expect(noReceipt.end).toBe(5)
    expect(errorOf(noReceipt)).toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining(receipt) })
    const noBundle = await tally(['audit', `${data}/bundles`, '--json'], { cwd: path() })
    expect(noBundle.end).toBe(5)
    expect(errorOf(noBundle)).toMatchObject({ code: 'BUNDLE_NOT_FOUND', hint: expect.stringContaining('epoch-000001') })
    const unpublished = await tally(['receipt', contributor, '--data', data])
    expect(unpublished).toMatchObject({ end: 5, stdout: '' })
    expect(unpublished.stderr).toContain('epoch is published')
    // Checks look at what they are given, and leave nothing behind.
    expect(existsSync(cwd)).toBe(false)
    expect(readdirSync(path())).not.toContain('tally-data')

    await tally(['run', '--data', data])
    expect(await tally(['receipt', contributor, '--data', data, '--out', receipt])).toMatchObject({ end: 0 })
    const verified = await tally(['verify', receipt])
    expect(verified.end).toBe(3)
    expect(verified.stdout).toMatch(/receipt: OK\nchain: not checked/)
    const audited = await tally(['audit', `${data}/bundles`])
    expect(audited.end).toBe(3)
    expect(audited.stdout).toMatch(/audit: OK\nchain: not checked/)
    for (const check of ['verify', 'audit']) {
      const file = check === 'verify' ? receipt : `${data}/bundles`
      const unasked = await tally([check, file, '--rpc', NO_RPC, '--json'])
      expect(unasked.end).toBe(4)
      expect(errorOf(unasked)).toMatchObject({ code: 'RPC_UNREACHABLE' })
    }
  })

  test('what is no account is named, with exit code 2', async () => {
    for (const verb of ['statement', 'claim']) {
      const ended = await tally([verb, 'alice', '--json', '--data', prepared.data])
      expect(ended.end).toBe(2)
      expect(errorOf(ended)).toMatchObject({ code: 'INVALID_ID', message: expect.stringContaining('"alice"') })
    }
    // It may be an event.
    const receipt = await tally(['receipt', 'alice', '--json', '--data', prepared.data])
    expect(receipt.end).toBe(5)
    expect(errorOf(receipt)).toMatchObject({ code: 'NO_EVENT_RECEIPT', message: expect.stringContaining('alice') })
  })

  test('a second process is refused with who holds the ledger; when that one has ended it works', async () => {
    const { data } = copyOf(prepared, path('busy'))
    const session = new Session({ config: { data, partitions: 2, kafkaGroup: 'tallystick' }, verb: 'the first' })
    try {
      await session.warehouse()
      for (const verb of [['run'], ['epoch', 'status'], ['ingest'], ['ingest', '--follow']]) {
        const refused = await tally([...verb, '--data', data])
        expect(refused).toMatchObject({ end: 4, stdout: '' })
        expect(refused.stderr).toContain(`is in use by process ${process.pid} (the first), which opened it at `)
        expect(refused.stderr).toContain('Wait for that process or stop it')
      }
      const machine = await tally(['run', '--json', '--data', data])
      expect(errorOf(machine)).toMatchObject({ code: 'WAREHOUSE_LOCKED', facts: { pid: process.pid } })
    } finally {
      await session.close()
    }
    expect(doneIn(await tally(['run', '--json', '--data', data]))).toContain('propose 1')
  })

  test('a second process never takes the embedded chain from a living one', async () => {
    const { data } = copyOf(prepared, path('shared'))
    const config = { data, partitions: 2, kafkaGroup: 'tallystick' }
    const session = new Session({ config, verb: 'the first' })
    try {
      const { rpcUrl, local } = await session.chain()
      for (const verb of [
        ['anchor', 'status'],
        ['anchor', 'deploy'],
        ['claim', ADDRESS],
      ]) {
        const refused = await tally([...verb, '--data', data])
        expect(refused.end).toBe(4)
        expect(refused.stderr).toContain(`is in use by process ${process.pid} (the first)`)
      }
      expect(await instanceAt(rpcUrl)).toBe(local?.instanceId)
    } finally {
      await session.close()
    }
    expect(await tally(['anchor', 'status', '--data', data])).toMatchObject({ end: 0 })
  })
})
