import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { INTEGER } from '@duckdb/node-api'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { builtCli, distPath } from '../cli/support/built-cli.ts'

const CONTENDERS = 6

/** Opens the file at PATH, says `open` or the error, and holds it until it is killed or told to end. */
const HOLDER = `
  const { openWarehouse } = await import(process.env.MODULE)
  try {
    const warehouse = await openWarehouse(process.env.WAREHOUSE, { verb: process.env.VERB })
    await warehouse.run("INSERT INTO meta VALUES ('written by', 'the holder')")
    process.stdout.write(JSON.stringify({ pid: process.pid, open: true }) + '\\n')
    process.stdin.on('data', () => undefined).on('end', () => { warehouse.close(); process.exit() })
  } catch (error) {
    process.stdout.write(JSON.stringify({ pid: process.pid, code: error.code, message: error.message }) + '\\n')
  }
`

interface Said {
  readonly pid: number
  readonly open?: true
  readonly code?: string
  readonly message?: string
}

describe('a warehouse', () => {
  let folder: string
  let path: string
  let children: ChildProcess[]
  beforeAll(builtCli)
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-warehouse-'))
    path = join(folder, 'warehouse.duckdb')
    children = []
  })
  afterEach(async () => {
    await Promise.all(children.map(kill))
    rmSync(folder, { recursive: true })
  })

  function startHolder(verb: string): { child: ChildProcess; said: Promise<Said> } {
    const module = pathToFileURL(distPath('pipelines/warehouse/open-warehouse.js')).href
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER], {
      env: { ...process.env, MODULE: module, WAREHOUSE: path, VERB: verb },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(child)
    return { child, said: once(child.stdout!, 'data').then(([chunk]) => JSON.parse(String(chunk)) as Said) }
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  describe('has one opener', () => {
    test('a second opening in the same process is refused with pid and verb, and the first goes on', async () => {
      const first = await openWarehouse(path, { verb: 'tally ingest' })
      await expect(openWarehouse(path, { verb: 'tally run' })).rejects.toMatchObject({
        code: 'WAREHOUSE_LOCKED',
        retriable: true,
        message: expect.stringContaining(`in use by process ${process.pid} (tally ingest)`),
      })
      await first.run("INSERT INTO meta VALUES ('a', 'b')")
      first.close()
      const second = await openWarehouse(path, { verb: 'tally run' })
      expect(await second.one('SELECT value FROM meta')).toEqual({ value: 'b' })
      second.close()
    })

    test('a second process is refused with pid and verb; after the first closed it is let in', async () => {
      const holder = startHolder('tally ingest --follow')
      const { pid } = await holder.said
      const opening = openWarehouse(path, { verb: 'tally run' })
      await expect(opening).rejects.toThrow(`in use by process ${pid} (tally ingest --follow), which opened it at 2`)
      const ended = once(holder.child, 'exit')
      holder.child.stdin!.end()
      await ended
      const warehouse = await openWarehouse(path, { verb: 'tally run' })
      expect(await warehouse.one('SELECT value FROM meta')).toEqual({ value: 'the holder' })
      warehouse.close()
      expect(readdirSync(folder)).toEqual(['warehouse.duckdb'])
    })

    test('the lock of a killed process is taken over, and what it had committed is there', async () => {
      const holder = startHolder('tally ingest')
      expect(await holder.said).toMatchObject({ open: true })
      await kill(holder.child)
      expect(existsSync(`${path}.lock`)).toBe(true)
      const warehouse = await openWarehouse(path, { verb: 'tally run' })
      expect(await warehouse.one('SELECT value FROM meta')).toEqual({ value: 'the holder' })
      await expect(openWarehouse(path, { verb: 'tally run' })).rejects.toMatchObject({ facts: { pid: process.pid } })
      warehouse.close()
    })

    test('a lock of nobody, left half written or by a pid that is used again, keeps nobody out', async () => {
      const other = { pid: process.pid, started: 'another time', verb: 'tally run', since: '2026-01-01T00:00:00.000Z' }
      const locks = existsSync('/proc/self/stat') ? ['{"pid":', JSON.stringify(other)] : ['{"pid":']
      for (const text of locks) {
        writeFileSync(`${path}.lock`, text)
        const warehouse = await openWarehouse(path, { verb: 'test' })
        expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8'))).toMatchObject({ pid: process.pid, verb: 'test' })
        warehouse.close()
        expect(existsSync(`${path}.lock`)).toBe(false)
      }
    })

    test('of many that come for a dead process’s lock at once, exactly one gets it', async () => {
      const dead = startHolder('tally ingest')
      await dead.said
      await kill(dead.child)
      const contenders = Array.from({ length: CONTENDERS }, (_, i) => startHolder(`contender ${i}`))
      const answers = await Promise.all(contenders.map(({ said }) => said))
      const winner = answers.filter(({ open }) => open)
      expect(winner).toHaveLength(1)
      for (const { code, open } of answers) if (!open) expect(code).toBe('WAREHOUSE_LOCKED')
    })
  })

  describe('is brought up to date', () => {
    test('an empty file gets every table once; opening it again changes nothing', async () => {
      for (let time = 0; time < 2; time++) {
        const warehouse = await openWarehouse(path, { verb: 'test' })
        const migrations = await warehouse.all('SELECT version FROM migration ORDER BY version')
        expect(migrations).toEqual(migrations.map((_, index) => ({ version: index + 1 })))
        expect(migrations.length).toBeGreaterThan(0)
        expect(await warehouse.all('SELECT * FROM record')).toEqual([])
        expect(await warehouse.all('SELECT * FROM chain_transaction')).toEqual([])
        warehouse.close()
      }
    })

    test('a file of a newer version is refused, left as it is, and not kept locked', async () => {
      const newer = await openWarehouse(path, { verb: 'test' })
      await newer.run('INSERT INTO migration VALUES (999)')
      newer.close()
      for (let time = 0; time < 2; time++) {
        await expect(openWarehouse(path, { verb: 'test' })).rejects.toMatchObject({
          code: 'WAREHOUSE_VERSION',
          facts: { path, found: 999 },
        })
      }
      const raw = await Database.open(path, { verb: 'test' })
      expect(await raw.one('SELECT max(version) AS version FROM migration')).toEqual({ version: 999 })
      raw.close()
    })
  })

  describe('of an older version', () => {
    const migrations = new URL('../../pipelines/warehouse/migrations/', import.meta.url)

    /** A warehouse as the first `version` migrations make it. */
    async function openOld(version: number): Promise<Database> {
      const old = await Database.open(path, { verb: 'test' })
      await old.run('CREATE TABLE migration (version INTEGER NOT NULL)')
      for (const [index, name] of readdirSync(migrations).sort().slice(0, version).entries()) {
        await old.run(readFileSync(new URL(name, migrations), 'utf8'))
        await old.run('INSERT INTO migration VALUES ($version)', { version: index + 1 })
      }
      return old
    }

    test('is brought up to date when it holds nothing that would have to be guessed', async () => {
      const old = await openOld(8)
      await old.run("INSERT INTO meta VALUES ('a', 'b')")
      old.close()
      const warehouse = await openWarehouse(path, { verb: 'test' })
      expect(await warehouse.one('SELECT value FROM meta')).toEqual({ value: 'b' })
      expect(await warehouse.all('SELECT features_until, data_parts FROM funded')).toEqual([])
      warehouse.close()
    })

    test('keeps the transactions that it had, each with the bytes that were signed', async () => {
      const version = readdirSync(migrations)
        .sort()
        .findIndex((name) => name.startsWith('015'))
      const old = await openOld(version)
      const call = { chainId: 31337, from: '0xAA', to: null, data: '0x01' }
      const signed = { ...call, state: 'signed', intent: 'b', nonce: 7, raw: '0xab', hash: '0xcd' }
      const settled = { ...signed, state: 'confirmed', intent: 'c', nonce: 8, blockNumber: '9', blockHash: '0xef' }
      for (const document of [{ ...call, state: 'intended', intent: 'a', to: '0xBB' }, signed, settled]) {
        const row = { intent: document.intent, document: JSON.stringify(document) }
        await old.run('INSERT INTO chain_transaction VALUES ($intent, $document)', row)
      }
      old.close()
      const warehouse = await openWarehouse(path, { verb: 'test' })
      const columns = 'intent, state, chain_id, sender, recipient, data, nonce, landed_hash, block_number, block_hash'
      expect(await warehouse.all(`SELECT * FROM (SELECT ${columns} FROM chain_transaction) ORDER BY intent`)).toEqual([
        row({ intent: 'a', state: 'intended', recipient: '0xBB' }),
        row({ intent: 'b', state: 'signed', nonce: 7n }),
        row({ intent: 'c', state: 'confirmed', nonce: 8n, landed_hash: '0xcd', block_number: 9n, block_hash: '0xef' }),
      ])
      expect(await warehouse.all('SELECT * FROM chain_version ORDER BY intent')).toEqual([
        { intent: 'b', version: 1, hash: '0xcd', raw: '0xab' },
        { intent: 'c', version: 1, hash: '0xcd', raw: '0xab' },
      ])
      warehouse.close()

      function row(values: object) {
        const nothing = { recipient: null, nonce: null, landed_hash: null, block_number: null, block_hash: null }
        return { chain_id: 31337n, sender: '0xAA', data: '0x01', ...nothing, ...values }
      }
    })

    test.each([
      [
        'features of a use',
        8,
        "INSERT INTO inference_features VALUES ('x', 'map', [1], 1, [1000], [], 0, 'true', 1, 1, 0)",
        'Ingest the log into a new data folder',
      ],
      [
        'features of a contribution',
        8,
        "INSERT INTO contribution_features VALUES ('map', 'x', 0, [1], 1, [1000], [], 0, 'x', 1, 0)",
        'Ingest the log into a new data folder',
      ],
      [
        'a policy that says nothing of late features',
        10,
        "INSERT INTO policy VALUES ('p', 1, 1, 1, 1, 1, 'x', 'method', 1, 1, 1, 0)",
        'a policy that has featureWaitEpochs and fallback',
      ],
    ])('with %s it is refused, and says what to do; it is left as it was', async (_, version, row, hint) => {
      const old = await openOld(version)
      await old.run(row)
      old.close()
      for (let time = 0; time < 2; time++) await expect(openWarehouse(path, { verb: 'test' })).rejects.toThrow(hint)
      const raw = await Database.open(path, { verb: 'test' })
      expect(await raw.one('SELECT max(version) AS version FROM migration')).toEqual({ version })
      raw.close()
    })
  })

  describe('keeps a transaction whole', () => {
    test('of appended rows, an error later in the transaction leaves none', async () => {
      const warehouse = await openWarehouse(path, { verb: 'test' })
      await warehouse.run('CREATE TABLE number (n INTEGER NOT NULL)')
      const rows = Array.from({ length: 5_000 }, (_, n) => [n])
      const failing = warehouse.transaction(async () => {
        await warehouse.append('number', [INTEGER], rows)
        throw new Error('later')
      })
      await expect(failing).rejects.toThrow('later')
      expect(await warehouse.all('SELECT n FROM number')).toEqual([])
      warehouse.close()
    })

    test('of rows that cannot all be appended, none is there, then or after opening it again', async () => {
      let warehouse = await openWarehouse(path, { verb: 'test' })
      await warehouse.run('CREATE TABLE number (n INTEGER NOT NULL)')
      const good = Array.from({ length: 5_000 }, (_, n) => [n])
      for (const bad of [null, 'no number' as unknown as number]) {
        const failing = warehouse.transaction(() => warehouse.append('number', [INTEGER], [...good, [bad]]))
        await expect(failing).rejects.toThrow()
        expect(await warehouse.all('SELECT n FROM number')).toEqual([])
      }
      warehouse.close()
      warehouse = await openWarehouse(path, { verb: 'test' })
      expect(await warehouse.all('SELECT n FROM number')).toEqual([])
      warehouse.close()
    })
  })
})
