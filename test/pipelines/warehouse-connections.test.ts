import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Xoshiro128 } from '../../extractors/random.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { builtCli, distPath } from '../cli/support/built-cli.ts'

const SEED = process.env.TALLY_TEST_SEED ?? String(Date.now())
const KILLS = 4
const KILL_AFTER_MS_MAX = 600

/**
 * Two connections of one process, as ingest and close use them. `reader` moves a position and appends as many records in
 * each transaction; `closer` makes a temporary table of the records and notes their number, in longer ones. Each tells what
 * it committed.
 */
const WRITERS = `
  const { openWarehouse } = await import(process.env.MODULE)
  const first = await openWarehouse(process.env.WAREHOUSE, { verb: 'test' })
  const say = (who, count) => process.stdout.write(who + ' ' + count + '\\n')
  const reader = async (warehouse) => {
    const start = await warehouse.one('SELECT coalesce(max(next_offset), 0) AS next FROM read_position')
    if (start.next === 0n) await warehouse.run("INSERT INTO read_position VALUES ('t', 0, 0, 0, 0, NULL, NULL, NULL)")
    for (let next = start.next; ; ) {
      await warehouse.transaction(async () => {
        next += 100n
        await warehouse.run('UPDATE read_position SET next_offset = $next', { next })
        await warehouse.run(
          "INSERT INTO record SELECT i, 't', 0, i, 0, 0, 0, '', NULL, '', NULL, NULL, NULL, NULL, 0, NULL " +
          'FROM range(($next - 100)::BIGINT, $next::BIGINT) AS r(i)', { next })
      })
      say('reader', next)
    }
  }
  const closer = async (warehouse) => {
    const start = await warehouse.one("SELECT count(*) AS rounds FROM meta WHERE name = 'round'")
    for (let round = start.rounds + 1n; ; round++) {
      await warehouse.transaction(async () => {
        await warehouse.run('CREATE OR REPLACE TEMP TABLE cut AS SELECT rid FROM record')
        await warehouse.run("INSERT INTO meta SELECT 'round', count(*) FROM cut")
        await new Promise((resolve) => setTimeout(resolve, 5))
        await warehouse.run('INSERT INTO outcome SELECT coalesce(max(rid), 0), $round, 0, 0, NULL, 0, $leaf FROM cut', { round, leaf: '' })
      })
      say('closer', round)
    }
  }
  await Promise.all([reader(await first.connect()), closer(await first.connect())])
`

describe('connections to one warehouse', () => {
  let folder: string
  let path: string
  let child: ChildProcess | undefined
  beforeAll(builtCli)
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-connections-'))
    path = join(folder, 'warehouse.duckdb')
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  const open = () => openWarehouse(path, { verb: 'test' })
  const note = (warehouse: Database, name: string) => warehouse.run("INSERT INTO meta VALUES ($name, '')", { name })
  const notes = async (warehouse: Database) =>
    (await warehouse.all<{ name: string }>('SELECT name FROM meta ORDER BY name')).map(({ name }) => name)

  test('see each other’s rows once they are committed', async () => {
    const first = await open()
    const second = await first.connect()
    await first.transaction(async () => {
      await note(first, 'a')
      expect([await notes(first), await notes(second)]).toEqual([['a'], []])
    })
    expect(await notes(second)).toEqual(['a'])
    first.close()
  })

  test('close with the first one, which gives the lock back; a closed one says so', async () => {
    const first = await open()
    const second = await first.connect()
    const third = await second.connect()
    second.close()
    await note(third, 'a')
    first.close()
    for (const closed of [first, second, third]) {
      await expect(notes(closed)).rejects.toMatchObject({ code: 'WAREHOUSE_CLOSED', retriable: true })
      await expect(closed.connect()).rejects.toMatchObject({ code: 'WAREHOUSE_CLOSED' })
    }
    const again = await open()
    expect(await notes(again)).toEqual(['a'])
    again.close()
  })

  test('when two change the same row, the later one fails and its transaction leaves nothing', async () => {
    const first = await open()
    const second = await first.connect()
    await note(first, 'a')
    await first.transaction(async () => {
      await first.run("UPDATE meta SET value = 'first'")
      const later = second.transaction(async () => {
        await note(second, 'b')
        await second.run("UPDATE meta SET value = 'second'")
      })
      await expect(later).rejects.toThrow(/conflict/i)
    })
    expect(await second.all('SELECT * FROM meta')).toEqual([{ name: 'a', value: 'first' }])
    first.close()
  })

  test('a transaction has its connection to itself: what others ask of it meanwhile is no part of it', async () => {
    const warehouse = await open()
    const transactions = Array.from({ length: 20 }, (_, n) =>
      warehouse
        .transaction(async () => {
          await note(warehouse, `${n}`)
          await sleep(1)
          // Nothing of the others is in between.
          expect(await notes(warehouse)).toEqual([...new Set([...(await notes(warehouse)), `${n}`])].sort())
          if (n % 2 === 1) throw new Error('rolled back')
        })
        .catch((error: Error) => expect(error.message).toBe('rolled back')),
    )
    const between = Array.from({ length: 20 }, (_, n) => note(warehouse, `between ${n}`))
    await Promise.all([...transactions, ...between])
    const found = await notes(warehouse)
    expect(found.filter((name) => name.startsWith('between'))).toHaveLength(20)
    expect(found.filter((name) => !name.startsWith('between'))).toHaveLength(10)
    warehouse.close()
  })

  test('a statement left over from a transaction that has ended waits like any other', async () => {
    const warehouse = await open()
    let leftOver: Promise<void> | undefined
    await warehouse.transaction(async () => {
      leftOver = sleep(20).then(() => note(warehouse, 'left over'))
    })
    await warehouse
      .transaction(async () => {
        await sleep(40)
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    await leftOver
    expect(await notes(warehouse)).toEqual(['left over'])
    warehouse.close()
  })

  test('an interrupted one fails at once, and rolls back; the others go on', async () => {
    const first = await open()
    const second = await first.connect()
    const work = second.transaction(async () => {
      await note(second, 'half')
      await second.run('SELECT count(*) FROM range(10_000_000_000_000)')
    })
    await sleep(100)
    second.interrupt()
    await expect(work).rejects.toThrow(/interrupt/i)
    await expect(note(second, 'later')).rejects.toMatchObject({ code: 'WAREHOUSE_CLOSED' })
    second.close()
    await note(first, 'a')
    expect(await notes(first)).toEqual(['a'])
    first.close()
  })

  test('killed again and again while one ingests and one closes: what was committed is there, whole', async () => {
    const random = Xoshiro128.fromSeed(SEED).fork('kills')
    const moments_ms: number[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const after_ms = random.nextInt(KILL_AFTER_MS_MAX)
      moments_ms.push(after_ms)
      const told = await writeUntilKilled(after_ms)
      const warehouse = await open()
      const [state] = await warehouse.all<Record<'next' | 'records' | 'distinct_rids' | 'rounds' | 'closed', bigint>>(
        `SELECT (SELECT max(next_offset) FROM read_position) AS next, (SELECT count(*) FROM record) AS records,
           (SELECT count(DISTINCT rid) FROM record) AS distinct_rids,
           (SELECT count(*) FROM meta) AS rounds, (SELECT count(*) FROM outcome) AS closed`,
      )
      const { next, records, distinct_rids, rounds, closed } = state!
      expect({ records, distinct_rids }).toEqual({ records: next, distinct_rids: next })
      expect(closed).toBe(rounds)
      // One more of each may have been committed and not told.
      expect([0n, 100n]).toContain(next - told.reader)
      expect([0n, 1n]).toContain(rounds - told.closer)
      expect(told.closer).toBeGreaterThan(0n)
      warehouse.close()
    }
    console.log(`TALLY_TEST_SEED=${SEED}: killed after ${moments_ms.join(', ')} ms`)
  })

  /** @returns the last that each told */
  async function writeUntilKilled(after_ms: number): Promise<{ reader: bigint; closer: bigint }> {
    const module = pathToFileURL(distPath('pipelines/warehouse/open-warehouse.js')).href
    const writers = spawn(process.execPath, ['--input-type=module', '-e', WRITERS], {
      env: { ...process.env, MODULE: module, WAREHOUSE: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = writers
    let said = ''
    const both = new Promise<void>((resolve) => {
      writers.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes('closer') && said.includes('reader')) resolve()
      })
    })
    const closed = once(writers, 'close')
    await Promise.race([both, closed])
    await sleep(after_ms)
    writers.kill('SIGKILL')
    expect(await closed).toEqual([null, 'SIGKILL'])
    const last = (who: string) => BigInt([...said.matchAll(new RegExp(`^${who} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? -1)
    return { reader: last('reader'), closer: last('closer') }
  }
})
