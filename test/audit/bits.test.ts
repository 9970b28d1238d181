import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { type AuditReport, auditBundle } from '../../audit/index.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { type Random, randomOf } from '../support/ledger/random-features.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { isNightly, todays } from '../support/nightly.ts'
import { runs } from '../support/random-runs.ts'
import { filesOf, writeFilesJson } from './support/bundle-writer.ts'

const EPOCHS = 2
/** Bits of each file that are flipped. */
const BITS = isNightly ? 4 : 2
/** Some hundred audits; a machine that does other things too takes long for them. */
const TIMEOUT_MS = 600_000
const { seed } = runs(BITS)
const path = temporaryFolder()
/** What only the chain can tell: nothing in the records says which attempt an epoch is, or which engine wrote it; nor how much later than its last record it was cut. */
const UNDECIDED_FIELDS = ['attempt', 'engine', 'cut.timeMs']

let world: RandomWorld
let bundles: string
let good: AuditReport
let random: Random
beforeAll(async () => {
  world = await RandomWorld.found(seed)
  for (let epoch = 1; epoch <= EPOCHS; epoch++) await world.runEpoch()
  bundles = path('bundles')
  cpSync(world.ledger.bundles, bundles, { recursive: true })
  good = await auditBundle(bundles)
  random = randomOf(seed)
})
afterAll(() => world.ledger.close())

const folderOf = (epoch: number) => join(bundles, `epoch-00000${epoch}`)

/** The bundles with other bytes in one file, audited; then the file is as it was. */
async function auditWith(epoch: number, name: string, bytes: Uint8Array, isMended: boolean): Promise<AuditReport> {
  const file = join(folderOf(epoch), name)
  const [before, listing] = [readFileSync(file), readFileSync(join(folderOf(epoch), 'files.json'))]
  writeFileSync(file, bytes)
  if (isMended) await writeFilesJson(folderOf(epoch))
  try {
    return await auditBundle(bundles)
  } finally {
    writeFileSync(file, before)
    writeFileSync(join(folderOf(epoch), 'files.json'), listing)
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

describe('of a bundle that agrees', () => {
  test('it is said that it does', () => {
    expect(good).toMatchObject({ ok: true, class: 'chain not checked' })
  })

  test('any flipped bit of any file is named by its file', async () => {
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      for (const name of await filesOf(folderOf(epoch))) {
        const bytes = readFileSync(join(folderOf(epoch), name))
        for (let n = 0; n < BITS; n++) {
          const bit = random(bytes.length * 8)
          const { firstDifference, class: found } = await auditWith(epoch, name, flipped(bytes, bit), false)
          const where = { epoch, name, bit, found, check: firstDifference?.check }
          expect(where).toEqual({ epoch, name, bit, found: 'files', check: 'files' })
          if (name !== 'files.json') expect(firstDifference!.where).toBe(name)
        }
      }
    }
  })

  test(
    'any flipped bit of any file, with a files.json that fits, is found, or changes nothing of the answer',
    async () => {
      const counted = { found: 0, without: 0 }
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        for (const name of await filesOf(folderOf(epoch))) {
          if (name === 'files.json') continue
          const bytes = readFileSync(join(folderOf(epoch), name))
          for (let n = 0; n < BITS; n++) {
            const bit = random(bytes.length * 8)
            const altered = flipped(bytes, bit)
            const report = await auditWith(epoch, name, altered, true)
            const where = JSON.stringify({ epoch, name, bit })
            if (report.ok && name === 'manifest.json') {
              expect([where, decidedOf(bytes), epoch]).toEqual([where, decidedOf(altered), EPOCHS])
              expect(report.epochs.at(-1)!.manifestHash).not.toBe(good.epochs.at(-1)!.manifestHash)
              counted.without++
            } else if (report.ok) {
              // Statistics, unused bits and names of writers in Parquet; of other documents every bit counts.
              expect(`${where} ${name.endsWith('.parquet')}`).toBe(`${where} true`)
              expect(report).toEqual(good)
              counted.without++
            } else {
              expect(`${where} ${report.class}`).toBe(`${where} difference`)
              counted.found++
            }
          }
        }
      }
      expect(counted.found).toBeGreaterThan(counted.without / 4)
    },
    TIMEOUT_MS,
  )

  test(
    'every field of every manifest counts: any other value is found, or is another hash for the chain',
    async () => {
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        const name = 'manifest.json'
        const manifest = JSON.parse(readFileSync(join(folderOf(epoch), name), 'utf8')) as Manifest
        for (const field of todays(fieldsOf(manifest as unknown as CanonicalJson), 3)) {
          const changed = structuredClone(manifest) as unknown as CanonicalJson
          const before = changeAt(changed, field)
          const report = await auditWith(epoch, name, canonicalJson(changed), true)
          const where = `epoch ${epoch} ${field.join('.')} (${JSON.stringify(before)})`
          const last = report.epochs.at(-1)!
          if (!report.ok) expect(`${where} ${report.class}`).toBe(`${where} difference`)
          else {
            expect([where, UNDECIDED_FIELDS.includes(field.join('.')), epoch]).toEqual([where, true, EPOCHS])
            expect(last.manifestHash).not.toBe(good.epochs.at(-1)!.manifestHash)
          }
        }
      }
    },
    TIMEOUT_MS,
  )
})

/** The fields of a manifest but those that only the chain can tell (UNDECIDED_FIELDS). */
function decidedOf(manifest: Uint8Array): unknown {
  const { attempt, engine, cut, ...rest } = JSON.parse(Buffer.from(manifest).toString()) as Manifest
  return { ...rest, cut: cut.partitions }
}

/** Paths to all that is no object and no array. */
function fieldsOf(value: CanonicalJson, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [at]
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return entries.flatMap(([key, each]) => fieldsOf(each as CanonicalJson, [...at, key]))
}

/** Flips a bit of a number, or of a character of a text; null becomes 1. @returns what was there */
function changeAt(document: CanonicalJson, field: readonly (string | number)[]): unknown {
  let parent = document as Record<string | number, unknown>
  for (const key of field.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>
  const key = field.at(-1)!
  const before = parent[key]
  if (typeof before === 'number') parent[key] = before ^ (1 << random(8))
  else if (before === null) parent[key] = 1
  else {
    const text = String(before)
    const place = random(text.length)
    const code = text.charCodeAt(place) ^ 1
    parent[key] = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1)
  }
  return before
}
