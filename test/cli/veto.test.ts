import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type LocalChain, localAccounts } from '../../anchor/chain/local-chain.ts'
import { type Manifest, manifestHash, toManifest } from '../../anchor/manifest.ts'
import { toHex } from '../../schemas/ids.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { externalChain, prepareLedger, type SmallLedger } from './support/small-ledger.ts'
import { documentOf, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const REASON = 'somebody counted twice'
const STEPS = [['epoch', 'close'], ['attribute'], ['settle'], ['publish']]

describeWithAnvil('a proposal that the guardian vetoes', () => {
  const path = temporaryFolder()
  let ledger: SmallLedger
  let chain: LocalChain

  beforeAll(async () => {
    ledger = await prepareLedger(path('ledger'), 2)
    chain = await externalChain(ledger)
    for (const step of [...STEPS, ['anchor', 'propose'], ...STEPS]) await done(...step)
  }, 120_000)
  afterAll(() => chain?.stop())

  const run = (...args: string[]) => tallyHere([...args, '--data', ledger.data, '--rpc', chain.rpcUrl])

  async function done(...args: string[]): Promise<void> {
    const ended = await run(...args)
    expect({ args, end: ended.end, stderr: ended.stderr }).toMatchObject({ args, end: 0 })
  }

  function manifestOf(bundle: string): Manifest {
    return toManifest(JSON.parse(readFileSync(join(ledger.data, 'bundles', bundle, 'manifest.json'), 'utf8')))
  }

  test('is tried again with the same cut; what it settled is discarded, and what came of it is the same', async () => {
    const [first, second] = [manifestOf('epoch-000001'), manifestOf('epoch-000002')]
    expect(errorOf(await run('anchor', 'retry', '--reason', REASON, '--json'))).toMatchObject({
      code: 'EPOCH_NOT_VETOED',
      facts: { epoch: 1, attempt: 1, state: 'proposed' },
    })
    await vetoAsGuardian()
    expect(errorOf(await run('anchor', 'finalize', '--json'))).toMatchObject({ code: 'EPOCH_VETOED' })

    // As one leaves it that was killed after the first bundle had moved.
    const aside = join(ledger.data, 'bundles', 'vetoed', 'epoch-000001-attempt-1')
    mkdirSync(aside, { recursive: true })
    renameSync(join(ledger.data, 'bundles', 'epoch-000001'), join(aside, 'epoch-000001'))
    await done('anchor', 'retry', '--reason', REASON)
    expect(readdirSync(aside).sort()).toEqual(['epoch-000001', 'epoch-000002'])
    expect(existsSync(join(ledger.data, 'bundles', 'epoch-000002'))).toBe(false)
    expect(documentOf(await run('anchor', 'retry', '--reason', REASON, '--json'))).toMatchObject({ did: 'nothing' })

    for (const step of [...STEPS.slice(1), ...STEPS.slice(1)]) await done(...step)
    const [again, next] = [manifestOf('epoch-000001'), manifestOf('epoch-000002')]
    const vetoed = [{ attempt: 1, engine: first.engine, manifestHash: manifestHash(first), reason: REASON }]
    expect(again).toEqual({ ...first, attempt: 2, vetoed })
    expect(next).toEqual({ ...second, previous: manifestHash(again) })

    await done('anchor', 'propose')
    await chain.advanceTime(3_601)
    await done('anchor', 'finalize')
    await done('anchor', 'propose')
    await chain.advanceTime(3_601)
    await done('anchor', 'finalize')
    const audit = await tallyHere(['audit', join(ledger.data, 'bundles'), '--rpc', chain.rpcUrl, '--json'])
    expect({ end: audit.end, ...documentOf(audit) }).toMatchObject({ end: 0, ok: true })
  }, 180_000)

  /** With a key of its own, from a machine that has nothing of the ledger. */
  async function vetoAsGuardian(): Promise<void> {
    const key = path('guardian.key')
    writeFileSync(key, toHex(localAccounts().at(-1)!.getHdKey().privateKey!), { mode: 0o600 })
    const at = ['--distributor', ledger.distributor, '--rpc', chain.rpcUrl, '--key-file', key, '--json']
    expect(errorOf(await tallyHere(['anchor', 'veto', '7', ...at]))).toMatchObject({ code: 'EPOCH_NOT_PROPOSED' })
    const told = { epoch: '1', attempt: 1 }
    expect(documentOf(await tallyHere(['anchor', 'veto', '1', ...at]))).toMatchObject({ ...told, outcome: 'vetoed' })
    expect(documentOf(await tallyHere(['anchor', 'veto', '1', ...at]))).toMatchObject({
      ...{ ...told, outcome: 'already-vetoed' },
    })
  }

  test('takes no reason that says nothing, and no veto without a key', async () => {
    expect((await run('anchor', 'retry', '--reason', ' ')).end).toBe(2)
    const at = ['--distributor', ledger.distributor, '--rpc', chain.rpcUrl, '--json']
    expect(errorOf(await tallyHere(['anchor', 'veto', '1', ...at]))).toMatchObject({ code: 'CONFIG' })
  })
})
