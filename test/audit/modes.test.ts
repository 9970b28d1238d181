import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { sha256 } from '../../anchor/hash.ts'
import { openCheckpoint, signCheckpoint } from '../../anchor/log/checkpoint.ts'
import { manifestLine } from '../../anchor/log/manifest-line.ts'
import { generateSigningKey, type NoteSigner, signerOf as noteSignerOf } from '../../anchor/log/note/keys.ts'
import { signLogKey } from '../../anchor/log-key/sign.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { type AuditReport, auditBundle } from '../../audit/index.ts'
import { publishLog } from '../../jobs/publish/log/publish-log.ts'
import { toHex } from '../../schemas/ids.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { GENESIS, signerOf } from '../support/ledger/cast.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 4
const WORLDS = 2
/** A machine that does other things too takes long for a dozen audits. */
const TIMEOUT_MS = 600_000
const { seed } = runs(WORLDS)
const path = temporaryFolder()

/** A random world, published with its log. */
async function publish(worldSeed: number): Promise<{ world: RandomWorld; bundles: string }> {
  const world = await RandomWorld.found(worldSeed)
  for (let epoch = 1; epoch <= EPOCHS; epoch++) await world.runEpoch()
  return { world, bundles: world.ledger.bundles }
}

const howOf = ({ epochs }: AuditReport) => epochs.map(({ how }) => how)

describe('beginning with a later epoch', () => {
  test.each(Array.from({ length: WORLDS }, (_, n) => (seed + n) % 2 ** 32))(
    'seed %i: every epoch from there on is recomputed, on what the earlier ones published',
    async (each) => {
      const { world, bundles } = await publish(each)
      try {
        const whole = await auditBundle(bundles)
        for (let from = 2; from <= EPOCHS; from++) {
          const report = await auditBundle(bundles, { from })
          expect(report.firstDifference).toBeUndefined()
          expect(report.class).toBe('partial')
          expect(howOf(report)).toEqual([
            ...Array<string>(from - 1).fill('taken over'),
            ...Array<string>(EPOCHS - from + 1).fill('recomputed'),
          ])
          expect(report.trusted).toContain(
            `Epochs 1 to ${from - 1}: signatures, why records were refused, influence, and what was paid, as published.`,
          )
          expect({ ...report.counts, signatures: 0 }).toEqual({ ...whole.counts, signatures: 0 })
          expect(report.counts!.signatures).toBeLessThan(whole.counts!.signatures)
        }
        expect(whole.class).toBe('chain not checked')
        expect(await auditBundle(bundles, { from: 'genesis' })).toEqual(whole)
        await expect(auditBundle(bundles, { from: EPOCHS + 1 })).rejects.toMatchObject({ code: 'EPOCH_NOT_GIVEN' })
      } finally {
        world.ledger.close()
      }
    },
    TIMEOUT_MS,
  )
})

describe('of one ledger', () => {
  let good: Awaited<ReturnType<typeof publish>>
  beforeAll(async () => {
    good = await publish(seed)
  })
  afterAll(() => good.world.ledger.close())

  /** A copy of the bundles, beside nothing. */
  function copy(name: string): string {
    const bundles = path(name, 'bundles')
    cpSync(good.bundles, bundles, { recursive: true })
    return bundles
  }

  test('without earlier records an epoch is not decided, and the public tier is checked', async () => {
    const bundles = copy('absent')
    rmSync(join(bundles, 'epoch-000001', 'restricted'), { recursive: true })
    const report = await auditBundle(bundles, { from: 3 })
    expect(report.firstDifference).toBeUndefined()
    expect(howOf(report)).toEqual(Array(EPOCHS).fill('public'))
    expect(report).toMatchObject({ class: 'partial', counts: null })
    expect(report.trusted).toContain(
      `Decisions, funding and attribution of epochs 1 to ${EPOCHS}: their records, or those before them, were not given.`,
    )
  })

  test('payouts alone need neither records nor leaves, and find a payout that nobody earned', async () => {
    const bundles = copy('payouts')
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      const folder = join(bundles, `epoch-00000${epoch}`)
      rmSync(join(folder, 'restricted'), { recursive: true })
      rmSync(join(folder, 'public', 'leaves.parquet'))
    }
    const report = await auditBundle(bundles, { payoutOnly: true })
    expect(report.firstDifference).toBeUndefined()
    expect(report).toMatchObject({ class: 'partial', counts: null })
    expect(report.trusted[1]).toMatch(/^Records, leaves and the tree, .* epochs 1 to 4: only payouts were asked for\.$/)
    expect(new Set(report.checked.map(({ name }) => name))).toEqual(
      new Set(['files', 'links', 'cut', 'published amounts']),
    )
    const wanted = await auditBundle(bundles)
    expect(wanted).toMatchObject({ class: 'files', firstDifference: { where: 'public/leaves.parquet' } })

    // A payout that no row of the accounts stands for, in a file that is listed as it is.
    const folder = join(bundles, `epoch-00000${EPOCHS}`)
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest
    const payout = { ...manifest.payout, leaves: manifest.payout.leaves + 1 }
    const bytes = canonicalJson({ ...manifest, payout } as unknown as CanonicalJson)
    writeFileSync(join(folder, 'manifest.json'), bytes)
    const listing = JSON.parse(readFileSync(join(folder, 'files.json'), 'utf8'))
    listing.files['manifest.json'] = { bytes: bytes.length, sha256: toHex(sha256(bytes)) }
    writeFileSync(join(folder, 'files.json'), canonicalJson(listing))
    const wrong = await auditBundle(bundles, { payoutOnly: true })
    expect(wrong).toMatchObject({ class: 'difference', firstDifference: { where: 'manifest.json payout.leaves' } })
  })

  test('a report has what a watcher needs, and says what was not looked at', async () => {
    const report = await auditBundle(good.bundles)
    const manifest = await good.world.ledger.manifest(EPOCHS)
    const { attempt, tree, payout } = manifest
    expect(report.epochs.at(-1)).toEqual({
      ...{ epoch: EPOCHS, attempt, how: 'recomputed', manifestHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
      ...{ ledgerRoot: tree.root, treeSize: tree.size, payoutRoot: payout.root },
    })
    expect(report.features).toEqual({
      ...{ lookedAt: false, same: 0, withinTolerance: 0, differs: 0, absent: 0, damaged: 0 },
    })
    const { contributions, contributionsWithFeatures, contributionsWithoutFeatures } = report.counts!
    expect(contributionsWithFeatures + contributionsWithoutFeatures).toBe(contributions)
    expect(contributions).toBeGreaterThan(0)
    expect(report.counts!.records).toBe(Number(tree.size))
  })
})

describe('the checkpoint of the log beside the bundles', () => {
  let folder: string
  let keyFolder: string
  let world: RandomWorld
  beforeAll(async () => {
    world = await RandomWorld.found(seed)
    folder = path('ledger', 'log')
    keyFolder = path('ledger', 'log-key')
    for (let epoch = 1; epoch <= 2; epoch++) await world.runEpoch()
    mkdirSync(path('ledger'))
    const places = { folder, keyFolder, verb: 'test' }
    await publishLog({ ledger: world.ledger.ledger, places, epoch: 2, whole: true })
    cpSync(world.ledger.bundles, path('ledger', 'bundles'), { recursive: true })
  })
  afterAll(() => world.ledger.close())

  const audit = () => auditBundle(path('ledger', 'bundles'))

  test('is held to the tree of its size', async () => {
    const report = await audit()
    expect(report).toMatchObject({ ok: true, log: 'checked' })
    expect(report.checked.at(-1)).toMatchObject({
      name: 'log',
      detail: expect.stringContaining('that of epoch 2; signed with the key beside it'),
    })
    expect(report.trusted).toContainEqual(expect.stringContaining('The key of the log beside the bundles'))
  })

  test('is signed with the key that the operator endorsed; with another, or for another manifest, it is a difference', async () => {
    const own = noteSignerOf(readFileSync(join(keyFolder, 'key'), 'utf8').trim())
    const word = await signLogKey(GENESIS, signerOf('operator'), { key: own.key, sequence: 1, fromSize: 0 })
    writeFileSync(join(folder, 'key.json'), JSON.stringify(word))
    const report = await audit()
    expect(report.checked.at(-1)!.detail).toContain('signed with the key that the operator endorsed')
    expect(report.trusted.join()).not.toContain('The key of the log')
    const [file, served] = [join(folder, 'checkpoint'), readFileSync(join(folder, 'checkpoint'))]
    const { checkpoint } = await openCheckpoint(served, { key: own.key })
    const sign = (signer: NoteSigner, extensions: readonly string[]) =>
      writeFileSync(file, signCheckpoint({ ...checkpoint, extensions }, signer))
    try {
      sign(own, [manifestLine(2, `0x${'00'.repeat(32)}`)])
      expect((await audit()).firstDifference).toMatchObject({ check: 'log', where: 'log/checkpoint manifest' })
      sign(noteSignerOf(generateSigningKey(checkpoint.origin)), checkpoint.extensions)
      expect((await audit()).firstDifference).toMatchObject({ check: 'log', where: 'log/checkpoint' })
    } finally {
      writeFileSync(file, served)
    }
  })

  test.each(['checkpoint', 'key.json'])('of which any bit of %s is flipped is a difference', async (name) => {
    const file = join(folder, name)
    const note = readFileSync(file)
    const { numRuns } = runs(16)
    for (let bit = 0; bit < note.length * 8; bit += Math.max(1, Math.floor((note.length * 8) / numRuns))) {
      const flipped = Buffer.from(note)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(file, flipped)
      const report = await audit()
      expect({ bit, check: report.firstDifference?.check, log: report.log }).toEqual({
        bit,
        check: 'log',
        log: 'not there',
      })
    }
    writeFileSync(file, note)
  })

  test('of a ledger that is not this one, or longer than what was given, is said to be none of these', async () => {
    const other = path('other', 'bundles')
    mkdirSync(other, { recursive: true })
    cpSync(join(path('ledger', 'bundles'), 'epoch-000001'), join(other, 'epoch-000001'), { recursive: true })
    cpSync(folder, path('other', 'log'), { recursive: true })
    const report = await auditBundle(other)
    expect(report).toMatchObject({ ok: true, log: 'not of these epochs' })
    expect(report.trusted).toContainEqual(expect.stringContaining('its checkpoint is of none of these epochs'))
  })
})
