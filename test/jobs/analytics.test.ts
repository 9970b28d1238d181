import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { tableFromIPC } from 'apache-arrow'
import { exportTables, type Listing } from '../../jobs/analytics/export-tables.ts'
import { QUERY_LIMITS, type QueryFormat, type QueryLimits, runQuery } from '../../jobs/analytics/query.ts'
import { TABLES } from '../../jobs/analytics/tables.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'

/** Its three epochs have a line of most kinds. */
const SEED = 2
const EPOCHS = 3
/** Of tests that start many processes. */
const PROCESSES_MS = 240_000
const path = temporaryFolder()

let world: RandomWorld
let folder: string
let listing: Listing
beforeAll(async () => {
  world = await RandomWorld.found(SEED)
  for (let epoch = 1; epoch <= EPOCHS; epoch++) await world.runEpoch()
  folder = path('tables')
  listing = await exportTables({ ledger: world.ledger.ledger, folder })
})
afterAll(() => world.ledger.close())

interface Asked {
  readonly format?: QueryFormat
  readonly limits?: Partial<QueryLimits>
  readonly signal?: AbortSignal
}

async function ask(sql: string, { format = 'json', limits = {}, ...rest }: Asked = {}): Promise<Buffer> {
  const parts: Buffer[] = []
  const out = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(part)
      done()
    },
  })
  await runQuery({ folder, listing, sql, format, limits: { ...QUERY_LIMITS, ...limits }, out, ...rest })
  return Buffer.concat(parts)
}

async function rowsOf(sql: string, asked: Asked = {}): Promise<unknown[][]> {
  return (JSON.parse((await ask(sql, asked)).toString()) as { rows: unknown[][] }).rows
}

describe('tables of what was settled', () => {
  test('an epoch is one part of each, written once', async () => {
    expect(listing.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    const parts = TABLES.flatMap((table) => listing.epochs.map(({ epoch }) => `${table}/epoch=${epoch}/part.parquet`))
    const written = parts.map((part) => statSync(join(folder, part)).mtimeMs)
    await exportTables({ ledger: world.ledger.ledger, folder })
    expect(parts.map((part) => statSync(join(folder, part)).mtimeMs)).toEqual(written)
  })

  test('a listing that nobody wrote here is refused; one of an earlier version is written anew', async () => {
    const other = path('other')
    await exportTables({ ledger: world.ledger.ledger, folder: other })
    const file = join(other, 'tables.json')
    const good = readFileSync(file, 'utf8')
    for (const bad of ['{', '[]', good.replace(/0x[0-9a-f]{64}/, `0x${'1'.repeat(64)}`)]) {
      writeFileSync(file, bad)
      await expect(exportTables({ ledger: world.ledger.ledger, folder: other })).rejects.toMatchObject({
        code: 'SNAPSHOT_INVALID',
      })
    }
    writeFileSync(file, good.replace('"format": 1', '"format": 0'))
    await exportTables({ ledger: world.ledger.ledger, folder: other })
    expect(readFileSync(file, 'utf8')).toBe(good)
  })

  test('its lines sum to what the accounts earned, and fees to what conservation says', async () => {
    const { warehouse } = world.ledger.ledger
    const lines = await warehouse.all<{ epoch: number; token: string; earned: bigint }>(
      'SELECT epoch, token, sum(earned)::HUGEINT AS earned FROM account_total GROUP BY ALL HAVING sum(earned) > 0 ORDER BY ALL',
    )
    expect(await rowsOf('SELECT epoch, token, sum(amount) FROM lines GROUP BY ALL ORDER BY ALL')).toEqual(
      lines.map(({ epoch, token, earned }) => [epoch, token, String(earned)]),
    )
    expect(await rowsOf('SELECT sum(earned) FROM accounts')).toEqual(await rowsOf('SELECT sum(amount) FROM lines'))
    const funded = await warehouse.one<{ fees: bigint }>('SELECT sum(fee)::HUGEINT AS fees FROM funded')
    expect(await rowsOf(`SELECT sum(amount) FROM fees WHERE status IN ('funded', 'released')`)).toEqual([
      [String(funded!.fees)],
    ])
    expect(await rowsOf('SELECT count(*) FROM uses')).toEqual([[String(await countOf('inference'))]])
  })

  test('every view answers, and says which epoch a row is of', async () => {
    const shown = await rowsOf('SHOW TABLES')
    const views = shown.map(([name]) => name as string).filter((name) => !TABLES.includes(name as never))
    expect(views.length).toBeGreaterThan(5)
    await rowsOf([...views, ...TABLES].map((name) => `(SELECT epoch FROM ${name} LIMIT 1)`).join(' UNION ALL '))
  })

  test('ownership and lineage are those of any past epoch', async () => {
    const { warehouse } = world.ledger.ledger
    for (const epoch of [1, EPOCHS]) {
      const owners = await warehouse.all<{ asset: string; account: string; parts: number }>(
        `SELECT asset, account, sum(delta)::INTEGER AS parts FROM ownership_change WHERE epoch <= $epoch
         GROUP BY ALL HAVING sum(delta) > 0 ORDER BY ALL`,
        { epoch },
      )
      expect(await rowsOf(`FROM owners_at(${epoch}) ORDER BY ALL`)).toEqual(
        owners.map(({ asset, account, parts }) => [asset, account, parts]),
      )
    }
    const parents = await warehouse.all<{ asset: string; parent: string }>(
      'SELECT asset, parent FROM asset_parent ORDER BY ALL',
    )
    expect(parents.length).toBeGreaterThan(0)
    expect(await rowsOf('SELECT asset, ancestor FROM lineage_at(3) WHERE generations = 1 ORDER BY ALL')).toEqual(
      parents.map(({ asset, parent }) => [asset, parent]),
    )
    expect(await rowsOf('FROM lineage_at(0)')).toEqual([])
  })
})

async function countOf(table: string): Promise<bigint> {
  return (await world.ledger.ledger.warehouse.one<{ n: bigint }>(`SELECT count(*) AS n FROM ${table}`))!.n
}

describe('an answer', () => {
  const SQL = `SELECT 79228162514264337593543950335::DECIMAL(38, 0) AS amount, -5::HUGEINT AS huge, 9007199254740993 AS big, 'a "b",c' AS text,
    NULL AS nothing, true AS yes, .5 AS half, TIMESTAMP '2026-01-02 03:04:05' AS at_time, [1, 2] AS list, '\\x01'::BLOB AS bytes`

  test('is JSON with whole numbers as text', async () => {
    expect(JSON.parse((await ask(SQL)).toString())).toMatchObject({
      rowCount: 1,
      truncated: false,
      rows: [
        [
          ...['79228162514264337593543950335', '-5', '9007199254740993', 'a "b",c', null, true, '0.5'],
          ...['2026-01-02 03:04:05', [1, 2], '\\x01'],
        ],
      ],
    })
  })

  test('is CSV by RFC 4180', async () => {
    const [head, row] = (await ask(SQL, { format: 'csv' })).toString().split('\r\n')
    expect(head).toBe('amount,huge,big,text,nothing,yes,half,at_time,list,bytes')
    expect(row).toMatch(/^79228162514264337593543950335,-5,9007199254740993,"a ""b"",c",,true,0\.5,/)
  })

  test('is an Arrow stream with the exact values, over several batches', async () => {
    const table = tableFromIPC(await ask(SQL, { format: 'arrow' }))
    const [row] = table.toArray()
    expect(row.amount.toString()).toBe('79228162514264337593543950335')
    expect([row.big, row.text, row.nothing, row.yes]).toEqual([9007199254740993n, 'a "b",c', null, true])
    expect(Number(row.at_time)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5))
    const many = tableFromIPC(await ask('SELECT range AS n FROM range(10000)', { format: 'arrow' }))
    expect(many.batches.length).toBeGreaterThan(1)
    expect([many.numRows, many.getChild('n')!.get(9_999)]).toEqual([10_000, 9_999n])
    const none = tableFromIPC(await ask('SELECT amount FROM lines WHERE false', { format: 'arrow' }))
    expect([none.numRows, none.schema.fields.map(({ name }) => name)]).toEqual([0, ['amount']])
  })

  test('of too many rows is cut, and says so', async () => {
    const answer = JSON.parse((await ask('SELECT range AS n FROM range(5000)', { limits: { rows: 2_048 } })).toString())
    expect([answer.rowCount, answer.rows.length, answer.truncated]).toEqual([2_048, 2_048, true])
  })
})

describe('nobody gets out of the tables', () => {
  const outside = path('outside.txt')
  const refused = [
    `SELECT * FROM read_csv('/etc/passwd')`,
    `SELECT * FROM read_text('/etc/passwd')`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT * FROM read_parquet('https://example.com/x.parquet')`,
    `SELECT * FROM query('COPY lines TO ''${outside}''')`,
    `COPY lines TO '${outside}'`,
    `EXPLAIN ANALYZE COPY (SELECT 1) TO '${outside}'`,
    `ATTACH '${outside}'`,
    'INSTALL httpfs',
    '/* a remark */ PRAGMA database_list',
    `SET allowed_directories = ['/']`,
    'CREATE TABLE x (a INTEGER)',
    'DROP VIEW lines',
    'CALL pragma_version()',
    'SELECT 1; SELECT 2',
    '',
    'SELEC 1',
    'SELECT * FROM duckdb_secrets()',
  ]
  test(
    'files, networks, extensions, settings, writes: refused',
    async () => {
      for (const sql of refused)
        await expect(ask(sql).catch((error: unknown) => ({ sql, error }))).resolves.toMatchObject({
          sql,
          error: { code: 'QUERY_REFUSED' },
        })
      expect(existsSync(outside)).toBe(false)
    },
    PROCESSES_MS,
  )

  test('what the tables lie in cannot be written to', async () => {
    const inside = join(folder, 'lines', 'x.parquet')
    await expect(ask(`COPY (SELECT 1 AS a) TO '${inside}'`)).rejects.toMatchObject({ code: 'QUERY_REFUSED' })
    expect(existsSync(inside)).toBe(false)
  })

  test.each([
    ['a join that is too large', 'SELECT count(*) FROM range(100000000) AS a, range(100000000) AS b', { seconds: 1 }],
    [
      'a recursion without an end',
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT count(*) FROM t',
      { seconds: 1 },
    ],
    ['what needs more memory', 'SELECT list(range) FROM range(1000000000)', { memoryMb: 100 }],
    ['an answer that is too long', `SELECT repeat('x', 1000000) FROM range(1000)`, { bytes: 1_000_000 }],
  ] as const)('stopped: %s', async (_, sql, limits) => {
    await expect(ask(sql, { limits })).rejects.toMatchObject({ code: 'QUERY_STOPPED' })
  })

  test('when nobody waits any more, its process ends', async () => {
    const leaving = new AbortController()
    const asked = ask('SELECT count(*) FROM range(100000000) AS a, range(100000000) AS b', { signal: leaving.signal })
    setTimeout(() => leaving.abort(), 300)
    await expect(asked).rejects.toThrow(/abort/)
  })
})
