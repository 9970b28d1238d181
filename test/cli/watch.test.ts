import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { canonicalJson } from '../../anchor/canonical-json.ts'
import { verifyAttestation } from '../../anchor/chain/attestation-document.ts'
import type { Alarm } from '../../anchor/watch/alarm.ts'
import type { Look } from '../../anchor/watch/watcher.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { builtCli } from './support/built-cli.ts'
import { documentOf, type Ended, errorOf } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { attesters, keyOf, WatchedLedger, WINDOW_S } from './support/watched-ledger.ts'

/** The program may have to be built first. */
const SETUP_LIMIT_MS = 180_000
const NO_HASH = `0x${'99'.repeat(32)}` as const

describeWithAnvil('tally anchor watch', () => {
  const path = temporaryFolder()
  let world: WatchedLedger
  let bundles: string
  let out: string
  let tests = 0
  beforeAll(async () => {
    await builtCli()
    world = await WatchedLedger.open(path('ledger'), 2)
  }, SETUP_LIMIT_MS)
  afterAll(() => world?.close())
  beforeEach(async () => {
    tests += 1
    bundles = world.bundlesIn(path(`bundles-${tests}`))
    out = path(`out-${tests}`)
    await world.goBack()
  })

  const signedIn = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('attestation-')) : []
  const alarmOf = (ended: Ended): Alarm => {
    const look = documentOf<Look>(ended)
    expect({ end: ended.end, outcome: look.outcome, alarms: look.alarms.length, signed: signedIn(out) }).toEqual({
      end: 11,
      outcome: 'alarm',
      alarms: 1,
      signed: [],
    })
    expect(ended.stderr).toContain(look.alarms[0]!.message)
    return look.alarms[0]!
  }

  test('attests to what it recomputed; the operator finalizes with that, and nothing else, and the watcher sees it', async () => {
    // given: proposed by the operator's own verb
    expect((await world.tally('anchor', 'propose')).end).toBe(0)
    expect(documentOf<Look>(await world.look(bundles, out, null))).toMatchObject({
      outcome: 'agrees',
      attestation: null,
    })
    // when: two of three attesters look
    const hashes: string[] = []
    for (const attester of attesters.slice(0, 2)) {
      const ended = await world.look(bundles, out, attester)
      const look = documentOf<Look>(ended)
      expect({ end: ended.end, outcome: look.outcome, stderr: ended.stderr }).toEqual({
        end: 0,
        outcome: 'attested',
        stderr: '',
      })
      const document = await verifyAttestation(readFileSync(look.attestation!))
      expect(document).toMatchObject({ epoch: 1, attempt: 1, attester: attester.address.toLowerCase() })
      hashes.push(document.proposalHash)
      expect(documentOf<Look>(await world.look(bundles, out, attester)).attestation).toBeNull() // once is enough
    }
    expect(new Set(hashes).size).toBe(1)
    // then: the window is waited for; with one attestation, too few
    expect((await world.tally('run')).end).toBe(4)
    await world.chain.advanceTime(WINDOW_S)
    const [first, second] = signedIn(out).map((name) => join(out, name))
    const one = await world.tally('anchor', 'finalize', '--attestations', first!)
    expect({ end: one.end, text: one.stdout }).toEqual({ end: 4, text: expect.stringContaining('1 of 2 attestations') })
    // then: hostile neighbours in the drop folder keep nothing from counting
    const drop = join(world.ledger.data, 'attestations')
    mkdirSync(drop)
    const good = JSON.parse(readFileSync(second!, 'utf8'))
    const put = (name: string, text: string) => writeFileSync(join(drop, name), text)
    put('0-empty.json', '')
    put('0-large.json', `"${'x'.repeat(5_000)}"`)
    put('0-other.json', JSON.stringify({ ...good, proposalHash: NO_HASH }))
    put('0-name\u001b[2J.json', '{}')
    put('0-older.json', readFileSync(first!, 'utf8').replace('"attempt": 1', '"attempt": 2'))
    put('1-again.json', readFileSync(first!, 'utf8'))
    put('readme.txt', 'not looked at')
    symlinkSync('/etc/passwd', join(drop, '2-link.json'))
    for (const file of [first!, second!]) put(file.split('/').at(-1)!, readFileSync(file, 'utf8'))
    const run = await world.tally('run')
    expect(run.stdout).toContain('finalize epoch 1: Finalized')
    for (const name of ['0-empty', '0-large', '0-other', '2-link']) expect(run.stderr).toContain(name)
    expect(run.stderr).not.toContain('\u001b[2J')
    for (const name of ['0-older', '1-again', 'readme']) expect(run.stderr).not.toContain(name)
    // then
    const after = await world.look(bundles, out)
    expect({ end: after.end, look: documentOf<Look>(after) }).toMatchObject({
      end: 0,
      look: { epoch: 2, outcome: 'attested', lastFinalized: 1, checkedTo: 1, alarms: [] },
    })
  }, 60_000)

  test('a proposal with another root, size, total, reserve or manifest is an alarm, and is never signed', async () => {
    const [total] = world.manifest().payout.totals
    const token = total!.token
    const totals = [{ token, total_atoms: BigInt(total!.total) + 1n, reserved_atoms: BigInt(total!.reserved) }]
    for (const [field, change] of [
      ['payoutRoot', { payoutRoot: NO_HASH }],
      ['ledgerRoot', { ledgerRoot: NO_HASH }],
      ['treeSize', { treeSize: 1_000n }],
      [`totals[${token}]`, { totals }],
      [
        `reserved[${token}]`,
        {
          totals: [{ ...totals[0]!, total_atoms: BigInt(total!.total), reserved_atoms: BigInt(total!.reserved) + 1n }],
        },
      ],
      ['manifestHash', { manifestHash: NO_HASH }],
    ] as const) {
      await world.goBack()
      await world.propose(change)
      const alarm = alarmOf(await world.look(bundles, out))
      expect(alarm).toMatchObject({
        kind: 'difference',
        severity: 'high',
        difference: { epoch: 1, check: 'chain', where: `record of epoch 1 on chain, ${field}` },
        command: expect.stringContaining(`cast send ${world.ledger.distributor} "vetoEpoch(uint64)" 1`),
      })
    }
  })

  test('the proposal of another attempt than the manifest’s differs', async () => {
    await world.propose()
    await world.veto()
    await world.propose({ attempt: 2 })
    expect(alarmOf(await world.look(bundles, out)).difference).toMatchObject({
      where: 'record of epoch 1 on chain, attempt',
      expected: '1',
      found: '2',
    })
  })

  test('a bundle may come for a quarter of the window; then a missing, damaged or curtailed one is an alarm', async () => {
    const epoch = join(bundles, 'epoch-000001')
    const lines = join(epoch, 'public/lines.parquet')
    const kept = readFileSync(lines)
    const flipped = Buffer.from(kept)
    flipped[flipped.length >> 1]! ^= 1
    for (const [what, spoil, mend] of [
      ['not here', () => renameSync(epoch, `${epoch}.part`), () => renameSync(`${epoch}.part`, epoch)],
      ['not whole: epoch 1 files', () => writeFileSync(lines, flipped), () => writeFileSync(lines, kept)],
      [
        'Records',
        () => renameSync(join(epoch, 'restricted'), path('aside')),
        () => renameSync(path('aside'), join(epoch, 'restricted')),
      ],
    ] as const) {
      await world.goBack()
      await world.propose()
      spoil()
      const early = await world.look(bundles, out)
      expect({ end: early.end, detail: documentOf<Look>(early).detail }).toEqual({
        end: 4,
        detail: expect.stringContaining(what),
      })
      await world.chain.advanceTime(WINDOW_S / 4)
      expect(alarmOf(await world.look(bundles, out))).toMatchObject({
        kind: 'bundle-missing',
        message: expect.stringContaining(what),
      })
      mend()
    }
    // It came late, and still in the window.
    expect(documentOf<Look>(await world.look(bundles, out))).toMatchObject({ outcome: 'attested' })
  })

  test('who attests is told which ledger: a bundle of another one is refused, whatever it says of itself', async () => {
    await world.propose()
    const [, , , ledger] = world.pins
    const argv = world.argv(bundles, out, '--once', '--json').map((each) => (each === ledger ? NO_HASH : each))
    const ended = await tallyHere(argv, { env: { ATTESTER_KEY: keyOf(attesters[0]!) } })
    expect(alarmOf(ended)).toMatchObject({
      kind: 'wrong-ledger',
      command: null,
      difference: { check: 'ledger', expected: NO_HASH },
    })
    const other = world
      .argv(bundles, out, '--once', '--json')
      .map((each) => (each === world.ledger.distributor ? `0x${'11'.repeat(20)}` : each))
    expect(errorOf(await tallyHere(other))).toMatchObject({ code: 'NO_DISTRIBUTOR' })
    const without = await tallyHere(argv.filter((each) => each !== '--ledger' && each !== NO_HASH))
    expect({ end: without.end, stderr: without.stderr }).toEqual({
      end: 2,
      stderr: expect.stringContaining("'--ledger <hash>' not specified"),
    })
  })

  test('a later epoch in the folder, even a false one, says nothing about this one; then it is its turn', async () => {
    const leaves = join(bundles, 'epoch-000002/public/leaves.parquet')
    const kept = readFileSync(leaves)
    writeFileSync(leaves, 'not what files.json says')
    await world.propose()
    expect(documentOf<Look>(await world.look(bundles, out))).toMatchObject({ epoch: 1, outcome: 'attested' })
    await world.finalizeBlindly()
    await world.propose({}, 2)
    expect(documentOf<Look>(await world.look(bundles, out))).toMatchObject({
      epoch: 2,
      outcome: 'waiting',
      checkedTo: 1,
    })
    writeFileSync(leaves, kept)
    expect(documentOf<Look>(await world.look(bundles, out))).toMatchObject({
      epoch: 2,
      outcome: 'attested',
      checkedTo: 1,
    })
    expect(signedIn(out)).toHaveLength(2)
  })

  test('a bundle that says of itself what its records do not give is an alarm at once', async () => {
    const state = join(bundles, 'epoch-000001/state.json')
    const changed = readFileSync(state, 'utf8').replace(/"amount":"(\d+)"/, '"amount":"1$1"')
    expect(changed).not.toBe(readFileSync(state, 'utf8'))
    writeFileSync(state, changed)
    const listing = join(bundles, 'epoch-000001/files.json')
    const { files } = JSON.parse(readFileSync(listing, 'utf8'))
    const sha256 = `0x${createHash('sha256').update(changed).digest('hex')}`
    files['state.json'] = { bytes: Buffer.byteLength(changed), sha256 }
    writeFileSync(listing, canonicalJson({ files }))
    await world.propose()
    expect(alarmOf(await world.look(bundles, out))).toMatchObject({
      kind: 'difference',
      difference: { epoch: 1, where: expect.stringContaining('state.json') },
    })
  })

  test('after the window nothing is signed, and that is said', async () => {
    await world.propose()
    await world.chain.advanceTime(WINDOW_S - 2)
    await world.chain.advanceTime(1) // one second is left, and gone with the next block
    await world.chain.advanceTime(1)
    expect(alarmOf(await world.look(bundles, out))).toMatchObject({ kind: 'window-missed', severity: 'warning' })
    expect(existsSync(join(out, 'signed'))).toBe(false)
  })

  test('a second proposal of an attempt, after a reorganisation, is never signed', async () => {
    const before = await world.propose()
    expect(documentOf<Look>(await world.look(bundles, out))).toMatchObject({
      outcome: 'attested',
      proposalHash: before,
    })
    const [signed] = signedIn(out)
    const bytes = readFileSync(join(out, signed!))
    // The same content but for its uri, which nobody recomputes.
    await world.goBack()
    const after = await world.propose({ uri: 'elsewhere' })
    const ended = await world.look(bundles, out)
    expect(ended.end).toBe(11)
    const [alarm] = documentOf<Look>(ended).alarms
    expect(alarm).toMatchObject({
      kind: 'second-proposal',
      severity: 'critical',
      difference: { expected: before, found: after },
    })
    expect(readFileSync(join(out, signed!))).toEqual(bytes)
    // With either of its two memories gone it still knows.
    rmSync(join(out, 'signed'), { recursive: true })
    expect((await world.look(bundles, out)).end).toBe(11)
    // The first one is back: it is what was signed.
    await world.goBack()
    expect(await world.propose()).toBe(before)
    expect(documentOf<Look>(await world.look(bundles, out))).toMatchObject({ outcome: 'attested', attestation: null })
  })

  test('an epoch that became final and is not what was recomputed is the highest alarm', async () => {
    await world.propose({ payoutRoot: NO_HASH })
    await world.finalizeBlindly()
    expect(alarmOf(await world.look(bundles, out))).toMatchObject({
      kind: 'finalized-differs',
      severity: 'critical',
      epoch: 1,
      difference: { where: 'record of epoch 1 on chain, payoutRoot', found: NO_HASH },
      command: expect.stringContaining('revokeEpoch(uint64,bytes[])'),
    })
    rmSync(join(bundles, 'epoch-000001'), { recursive: true })
    expect(alarmOf(await world.look(bundles, out))).toMatchObject({ kind: 'bundle-missing', epoch: 1 })
  })

  test('a key that is no attester’s signs nothing; a key that others may read is refused', async () => {
    await world.propose()
    const argv = world.argv(bundles, out, '--once', '--json')
    const stranger = await tallyHere(argv, { env: { ATTESTER_KEY: `0x${'11'.repeat(32)}` } })
    expect(documentOf<Look>(stranger)).toMatchObject({
      outcome: 'agrees',
      detail: expect.stringContaining('is no attester'),
    })
    const file = path('key')
    writeFileSync(file, `${keyOf(attesters[0]!)}\n`, { mode: 0o644 })
    expect(errorOf(await tallyHere([...argv, '--key-file', file]))).toMatchObject({ code: 'CONFIG' })
    writeFileSync(path('own-key'), `${keyOf(attesters[0]!)}\n`, { mode: 0o600 })
    const own = await tallyHere([...argv, '--key-file', path('own-key')])
    expect(documentOf<Look>(own)).toMatchObject({ outcome: 'attested' })
  })
})
