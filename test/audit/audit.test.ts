import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { sha256 } from '../../anchor/hash.ts'
import { tableRoot } from '../../anchor/table-root.ts'
import { type AuditReport, auditBundle } from '../../audit/index.ts'
import { type Hash32, toHex } from '../../schemas/ids.ts'
import { type EpochFiles, filesOf, writeFilesJson, writeParquet } from './support/bundle-writer.ts'
import { accountJson, publishWorld, scoreJson, writeWorld } from './support/published-world.ts'

let good: { folder: string; remove: () => Promise<void> }
let epochs: EpochFiles[]

beforeAll(async () => {
  epochs = (await publishWorld()).epochs
  good = await writeWorld(epochs)
})
afterAll(() => good.remove())

/** A copy of the good bundle, spoilt by `spoil`, audited. */
async function auditSpoilt(spoil: (folder: string) => Promise<void>): Promise<AuditReport> {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-spoilt-'))
  try {
    await cp(good.folder, folder, { recursive: true })
    await spoil(folder)
    return await auditBundle(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The epochs as objects, changed, written with a files.json that fits, audited. */
async function auditChanged(change: (first: EpochFiles, second: EpochFiles) => void): Promise<AuditReport> {
  const [first, second] = structuredClone(epochs) as [EpochFiles, EpochFiles]
  change(first, second)
  const { folder, remove } = await writeWorld([first, second])
  try {
    return await auditBundle(folder)
  } finally {
    await remove()
  }
}

/** Something waits in the state, and the manifest carries it out. */
function wait(files: EpochFiles, entry: object): void {
  const { token } = files.manifest.periods[0]!
  const waiting = {
    epoch: 2,
    model: 'reader',
    token,
    until: 3,
    part: '0',
    fees: '1',
    retrieved: false,
    taken: '0',
    ...entry,
  }
  ;(files.state as { waiting: object[] }).waiting.push(waiting)
  recarry(files)
}

/** Changes the one channel there is. */
function changeChannel(files: EpochFiles, change: object): void {
  const { channels } = files.state as { channels: object[] }
  channels[0] = { ...channels[0], ...change }
  recarry(files)
}

/** A manifest that carries out the state as it was changed. */
function recarry({ manifest, state }: EpochFiles): void {
  manifest.carryOut = toHex(sha256(canonicalJson(state as CanonicalJson))) as Hash32
}

describe('a bundle as its documents say', () => {
  test('is recomputed to its last amount, and the report says what it trusted and that no chain was asked', async () => {
    const steps: string[] = []
    const report = await auditBundle(good.folder, { onProgress: (step) => steps.push(step.name) })
    expect(report.firstDifference).toBeUndefined()
    expect(report).toMatchObject({ ok: true, verdict: 'chain not checked', chain: 'not checked' })
    expect(report.trusted[0]).toBe('From genesis: nothing before epoch 1.')
    expect(report.trusted).toContain('That these are the anchored epochs: the chain was not asked.')
    const names = ['links', 'cut', 'tree', 'published amounts', 'records', 'decisions', 'settlement']
    expect(steps).toEqual(['files', 'files', ...names, ...names])
    expect(report.checked.at(-1)).toMatchObject({ name: 'settlement', epoch: 2 })
  })

  test('one epoch alone can be named', async () => {
    const report = await auditBundle(join(good.folder, 'epoch-000001'))
    expect(report).toMatchObject({ ok: true, verdict: 'chain not checked' })
  })

  test('a later epoch alone is checked as far as it goes, and what it rests on is said', async () => {
    const report = await auditBundle(join(good.folder, 'epoch-000002'))
    expect(report.ok).toBe(true)
    expect(report.checked.map(({ name }) => name)).not.toContain('settlement')
    expect(report.trusted[0]).toBe('Epochs 1 to 1: what epoch 2 carries in from them, and their leaves under its root.')
  })

  test('without the restricted tier the public one is checked, and the report says what was not', async () => {
    const report = await auditSpoilt((folder) => rm(join(folder, 'epoch-000001', 'restricted'), { recursive: true }))
    expect(report.firstDifference).toBeUndefined()
    expect(report.trusted).toContain(
      'Decisions, funding and attribution of epochs 1 to 2: their records, or those before them, were not given.',
    )
  })

  test('no folder, no epoch in it, or a file instead is a typed error', async () => {
    await expect(auditBundle(join(good.folder, 'nowhere'))).rejects.toMatchObject({ code: 'BUNDLE_NOT_FOUND' })
    await expect(auditBundle(tmpdir())).rejects.toMatchObject({ code: 'BUNDLE_NOT_FOUND' })
    await expect(auditBundle(join(good.folder, 'epoch-000001', 'manifest.json'))).rejects.toMatchObject({
      code: 'BUNDLE_NOT_FOUND',
    })
  })
})

describe('files', () => {
  test('a flipped byte anywhere in any file is named', async () => {
    for (const path of await filesOf(good.folder)) {
      const report = await auditSpoilt(async (folder) => {
        const bytes = await readFile(join(folder, path))
        bytes[Math.floor(bytes.length / 2)]! ^= 0x10
        await writeFile(join(folder, path), bytes)
      })
      const [epoch, ...rest] = path.split('/')
      const name = rest.join('/')
      expect(report).toMatchObject({ ok: false, verdict: 'difference', firstDifference: { check: 'files' } })
      expect(report.firstDifference?.epoch).toBe(Number(epoch!.slice(-6)))
      // files.json is named with the entry that no longer fits, or as no canonical JSON.
      if (name === 'files.json') expect(JSON.stringify(report.firstDifference)).toContain('files.json')
      else expect(report.firstDifference?.where).toBe(name)
    }
  })

  test.each([
    ['a missing file', 'public/lines.parquet', (folder: string) => rm(join(folder, 'public/lines.parquet'))],
    ['an extra file', 'public/more.txt', (folder: string) => writeFile(join(folder, 'public/more.txt'), 'x')],
    ['a missing files.json', 'files.json', (folder: string) => rm(join(folder, 'files.json'))],
    [
      'a link in place of a file',
      'state.json',
      async (folder: string) => {
        await rename(join(folder, 'state.json'), join(folder, '..', 'elsewhere.json'))
        await symlink(join(folder, '..', 'elsewhere.json'), join(folder, 'state.json'))
      },
    ],
    [
      'a longer file',
      'genesis.json',
      async (folder: string) =>
        writeFile(join(folder, 'genesis.json'), `${await readFile(join(folder, 'genesis.json'), 'utf8')} `),
    ],
    ['folders too deep', 'a/b/c', (folder: string) => mkdir(join(folder, 'a/b/c'), { recursive: true })],
  ])('%s is named', async (_, where, spoil) => {
    const report = await auditSpoilt(async (folder) => {
      await spoil(join(folder, 'epoch-000001'))
    })
    expect(report.firstDifference).toMatchObject({ check: 'files', epoch: 1, where })
  })

  test.each(['../outside', '/etc/passwd', 'public/../state.json', 'public\\lines.parquet'])(
    'a path %s in files.json is refused',
    async (path) => {
      const report = await auditSpoilt(async (folder) => {
        const file = join(folder, 'epoch-000001', 'files.json')
        const listed = JSON.parse(await readFile(file, 'utf8'))
        listed.files[path] = { bytes: 0, sha256: `0x${'00'.repeat(32)}` }
        await writeFile(file, canonicalJson(listed))
      })
      expect(report.firstDifference).toMatchObject({ check: 'files', where: `files.json files.${path}` })
    },
  )

  test('a file that is no Parquet, or has other columns, is a difference that names it', async () => {
    const noParquet = await auditSpoilt(async (folder) => {
      await writeFile(join(folder, 'epoch-000002/public/lines.parquet'), 'PAR1 but no Parquet PAR1')
      await writeFilesJson(join(folder, 'epoch-000002'))
    })
    expect(noParquet.firstDifference).toMatchObject({ check: 'tables', epoch: 2, where: 'public/lines.parquet' })
    const otherColumns = await auditSpoilt(async (folder) => {
      const table = { columns: { leaf_index: 'INTEGER', leaf_hash: 'BLOB' }, rows: [] } as const
      await writeParquet(join(folder, 'epoch-000001/public/leaves.parquet'), { ...table, rows: [] })
      await writeFilesJson(join(folder, 'epoch-000001'))
    })
    expect(otherColumns.firstDifference?.where).toBe('public/leaves.parquet column leaf_index')
  })

  test('a manifest, genesis or state of another shape names the file and the key', async () => {
    for (const [file, key] of [
      ['manifest.json', 'counts'],
      ['genesis.json', 'operator'],
      ['state.json', 'balances'],
    ] as const) {
      const report = await auditSpoilt(async (folder) => {
        const path = join(folder, 'epoch-000001', file)
        const { [key]: _, ...document } = JSON.parse(await readFile(path, 'utf8'))
        await writeFile(path, canonicalJson(document))
        await writeFilesJson(join(folder, 'epoch-000001'))
      })
      expect(report.firstDifference?.where).toContain(file)
      expect(JSON.stringify(report.firstDifference)).toContain(key)
    }
  })

  test('an epoch that is missing between two is named', async () => {
    const report = await auditSpoilt(async (folder) => {
      await rename(join(folder, 'epoch-000002'), join(folder, 'epoch-000003'))
    })
    expect(report.firstDifference).toMatchObject({ epoch: 3, where: 'manifest.json epoch', found: '2' })
  })
})

/** Whoever forges one number forges what hangs on it too: roots and hashes fit, only the recomputation tells. */
function refit(files: EpochFiles): void {
  const { manifest, tables } = files
  const lines = tables.lines.rows.map((row) => ({ ...row, epoch: manifest.epoch }))
  const accounts = tables.accounts.rows as Parameters<typeof accountJson>[0][]
  manifest.tables = {
    accounts: { rows: accounts.length, root: toHex(tableRoot(accounts.map(accountJson))) as never },
    disputes: { rows: 0, root: toHex(tableRoot([])) as never },
    adjustments: { rows: 0, root: toHex(tableRoot([])) as never },
    lines: { rows: lines.length, root: toHex(tableRoot(lines as never)) as never },
    sales: { rows: tables.sales.rows.length, root: toHex(tableRoot(tables.sales.rows as never)) as never },
    scores: { rows: tables.scores.rows.length, root: toHex(tableRoot(tables.scores.rows.map(scoreJson))) as never },
  }
}

describe('what is published', () => {
  test.each<[what: string, check: string, where: string, change: (first: EpochFiles, second: EpochFiles) => void]>([
    [
      'a wrong outcome',
      'decisions',
      'tally.contributions/0 offset 1',
      ({ tables }) => {
        tables.records.rows.find((row) => row.topic === 'tally.contributions' && row.record_offset === 1n)!.outcome = 0
      },
    ],
    [
      'a record passed off as a gap',
      'records',
      'restricted/records.parquet row',
      ({ tables }) => {
        tables.records.rows.find((row) => row.topic === 'tally.chain' && row.record_offset === 0n)!.outcome = 3
      },
    ],
    [
      'a gap in place of a record',
      'records',
      'manifest.json gaps[0]',
      ({ tables }) => {
        const row = tables.records.rows.find((each) => each.topic === 'tally.chain' && each.record_offset === 0n)!
        Object.assign(row, { outcome: 3, reason: 0, record_key: null, headers: Buffer.alloc(4), effective_ms: 0n })
        row.record_value = Buffer.concat([Buffer.alloc(8), Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])])
      },
    ],
    [
      'a wrong reason',
      'decisions',
      'tally.chain/0 offset 2',
      ({ tables }) => {
        tables.records.rows.find((row) => row.topic === 'tally.chain' && row.record_offset === 2n)!.reason = 119
      },
    ],
    [
      'a changed record',
      'decisions',
      'restricted/records.parquet row',
      ({ tables }) => {
        const row = tables.records.rows.find((each) => each.topic === 'tally.registry')!
        row.record_value = Buffer.concat([row.record_value as Uint8Array, Buffer.from([0])])
      },
    ],
    [
      'another key of a record',
      'leaves',
      'public/leaves.parquet row 0',
      ({ tables }) => {
        tables.records.rows[0]!.record_key = Buffer.from('another')
      },
    ],
    [
      'a record left out',
      'records',
      'manifest.json holes',
      ({ tables }) => {
        tables.records.rows.splice(5, 1)
      },
    ],
    [
      'a time before the one before',
      'records',
      'effective_ms',
      ({ tables }) => {
        tables.records.rows[1]!.effective_ms = 5n
      },
    ],
    [
      'headers with bytes left over',
      'records',
      'restricted/records.parquet row 0 headers',
      ({ tables }) => {
        tables.records.rows[0]!.headers = Buffer.concat([
          tables.records.rows[0]!.headers as Uint8Array,
          Buffer.from([0]),
        ])
      },
    ],
    [
      'a wrong leaf',
      'tree',
      'manifest.json tree.root',
      ({ tables }) => {
        tables.leaves.rows[3]!.leaf_hash = Buffer.alloc(32)
      },
    ],
    [
      'a wrong tree root',
      'tree',
      'manifest.json tree.root',
      ({ manifest }) => {
        manifest.tree.root = `0x${'11'.repeat(32)}` as never
      },
    ],
    [
      'wrong counts',
      'counts',
      'manifest.json counts.accepted',
      ({ manifest }) => {
        manifest.counts.accepted++
      },
    ],
    [
      'a wrong score',
      'scores',
      'public/scores.parquet row 0',
      (first) => {
        first.tables.scores.rows[0]!.s = String(BigInt(first.tables.scores.rows[0]!.s as string) + 1n)
        refit(first)
      },
    ],
    [
      'a score without its table root',
      'table roots',
      'manifest.json tables.scores.root',
      ({ tables }) => {
        tables.scores.rows[0]!.items = 1
      },
    ],
    [
      'a wrong V',
      'vectors',
      'public/vectors.parquet row 0 v',
      ({ tables }) => {
        tables.vectors.rows[0]!.v = Buffer.alloc(24)
      },
    ],
    [
      'no vectors of a period that says their hashes',
      'vectors',
      'public/vectors.parquet',
      ({ tables }) => {
        tables.vectors.rows.length = 0
      },
    ],
    [
      'a wrong exponent',
      'periods',
      'manifest.json periods[0].exponent',
      ({ manifest }) => {
        manifest.periods[0]!.exponent!++
      },
    ],
    [
      'a wrong certificate',
      'periods',
      'manifest.json periods[0].vErrorNano',
      ({ manifest }) => {
        manifest.periods[0]!.vErrorNano = '2'
      },
    ],
    [
      'a wrong D̄',
      'periods',
      'manifest.json periods[0].dBarNext',
      ({ manifest }) => {
        manifest.periods[0]!.dBarNext = '1'
      },
    ],
    [
      'a period that paid more than its own part and a ninth',
      'periods',
      'manifest.json periods[0].paid',
      ({ manifest }) => {
        manifest.periods[0]!.carriedIn = manifest.periods[0]!.pool
      },
    ],
    [
      'more carried in than there is',
      'periods',
      'manifest.json periods[0].carriedIn',
      ({ manifest }) => {
        manifest.periods[0]!.carriedIn = '902'
      },
    ],
    [
      'another amount carried in',
      'periods',
      'manifest.json periods[0].carriedIn',
      ({ manifest }) => {
        manifest.periods[0]!.carriedIn = '1'
      },
    ],
    [
      'a held period that gives something up',
      'periods',
      'manifest.json periods[0].unattributed',
      (_, { manifest }) => {
        manifest.periods[0]!.unattributed = '1'
      },
    ],
    [
      'a state that says something else of what was carried in',
      'periods',
      'state.json periods (reader, ',
      (_, second) => {
        ;(second.state as { periods: { carriedIn: string }[] }).periods[0]!.carriedIn = '1'
        recarry(second)
      },
    ],
    [
      'fees that wait though none came without features',
      'state',
      'state.json.waiting[0]',
      (_, second) => wait(second, {}),
    ],
    [
      'a wait that is over',
      'state',
      'state.json waiting[0].until',
      (_, second) => wait(second, { epoch: 1, until: 2 }),
    ],
    [
      'more features than uses that wait',
      'state',
      'state.json waiting[0].taken',
      (_, second) => wait(second, { taken: '2' }),
    ],
    [
      'an amount that waits and is not reserved',
      'totals',
      'manifest.json payout.totals[0].reserved',
      // 7 − 7·1 div 2 = 4 of it are held.
      (_, second) => wait(second, { part: '7', fees: '2', taken: '1' }),
    ],
    [
      'a held period with another lambda',
      'periods',
      'manifest.json periods[0].lambda',
      (_, { manifest }) => {
        manifest.periods[0]!.lambda = '7'
      },
    ],
    [
      'a wrong total',
      'totals',
      'manifest.json payout.totals[0].total',
      ({ manifest }) => {
        manifest.payout.totals[0]!.total = '1'
      },
    ],
    [
      'a wrong payout root',
      'payout',
      'manifest.json payout.root',
      ({ manifest }) => {
        manifest.payout.root = `0x${'11'.repeat(32)}` as never
      },
    ],
    [
      'an amount that fell',
      'accounts',
      'before',
      (_, second) => {
        const row = second.tables.accounts.rows[0]!
        row.before = '0'
        row.cumulative = row.earned!
        refit(second)
      },
    ],
    [
      'wrong conservation',
      'conservation',
      'manifest.json conservation[0].funded',
      ({ manifest }) => {
        manifest.conservation[0]!.funded = '2000'
      },
    ],
    [
      'wrong unfunded fees',
      'conservation',
      'unfunded',
      ({ manifest }) => {
        manifest.conservation[0]!.unfunded = '1'
      },
    ],
    [
      'wrong reported fees',
      'conservation',
      'reported',
      ({ manifest }) => {
        manifest.conservation[0]!.reported = '1000016'
      },
    ],
    [
      'more spent than was signed for',
      'channels',
      'state.json channels[0].spent',
      (first) => {
        changeChannel(first, { spent: '1002002' })
      },
    ],
    [
      'a fee that was taken without a voucher',
      'channels',
      'manifest.json conservation[0].funded',
      (first) => {
        changeChannel(first, { spent: '2000' })
      },
    ],
    [
      'a voucher that nobody signed',
      'state',
      'state.json',
      (first) => {
        changeChannel(first, { cumulative: '1002002' })
      },
    ],
    [
      'a promise that shrank',
      'channels',
      'state.json channels[0].sequence',
      (_, second) => {
        changeChannel(second, { sequence: '1' })
      },
    ],
    [
      'a channel that is gone',
      'channels',
      'state.json channels',
      (_, second) => {
        ;(second.state as { channels: unknown[] }).channels.pop()
        recarry(second)
      },
    ],
    [
      'another policy',
      'policy',
      'manifest.json policy',
      ({ manifest }) => {
        manifest.policy = 'policy-2'
      },
    ],
    [
      'a cut that leaves records out',
      'records',
      'record_offset',
      ({ manifest }) => {
        manifest.cut.partitions[1]!.to = '3'
      },
    ],
    [
      'a gap between two cuts',
      'cut',
      'manifest.json cut.partitions[2].from',
      (_, { manifest }) => {
        manifest.cut.partitions[2]!.from = '11'
      },
    ],
    [
      'a broken chain of manifests',
      'links',
      'manifest.json previous',
      (_, { manifest }) => {
        manifest.previous = `0x${'11'.repeat(32)}` as never
      },
    ],
    [
      'another ledger',
      'links',
      'manifest.json ledger',
      ({ manifest }) => {
        manifest.ledger = `0x${'11'.repeat(32)}` as never
      },
    ],
    [
      'a state that is not carried out',
      'links',
      'manifest.json carryOut',
      (first) => {
        ;(first.state as { balances: { amount: string }[] }).balances[0]!.amount = '1'
      },
    ],
    [
      'rows out of order',
      'lines',
      'public/lines.parquet row 1',
      (first) => {
        first.tables.lines.rows.reverse()
        refit(first)
      },
    ],
    [
      'an amount that is no number',
      'lines',
      'public/lines.parquet row 0 amount',
      ({ tables }) => {
        tables.lines.rows[0]!.amount = '12.5'
      },
    ],
  ])('%s is named', async (_, check, where, change) => {
    const report = await auditChanged(change)
    expect(report.firstDifference?.check).toBe(check)
    expect(report.firstDifference?.where).toContain(where)
    expect(report).toMatchObject({ ok: false, verdict: 'difference' })
  })
})
