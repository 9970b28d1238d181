import { expect } from '@jest/globals'
import type { Database } from '../../../pipelines/warehouse/database.ts'

/** What a test broke on purpose. */
export class InjectedFault extends Error {}

const STATEMENTS = new Set<string | symbol>(['run', 'all', 'one', 'append'])

/** The same database, of which the n-th statement (from 1) fails before it reaches it. Transactions are the real ones. */
export function failingDatabase(database: Database, nth: number): Database {
  let statements = 0
  return new Proxy(database, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown
      if (typeof member !== 'function') return member
      return (...values: unknown[]) => {
        if (STATEMENTS.has(name) && ++statements === nth) return Promise.reject(new InjectedFault(`Statement ${nth}.`))
        return (member as (...values: unknown[]) => unknown).apply(target, values)
      }
    },
  })
}

/** Table → how many rows it has and what they are: equal for equal contents, whatever their order. */
export async function fingerprint(database: Database, except: readonly string[] = []): Promise<Record<string, string>> {
  const tables = await database.all<{ name: string }>(
    `SELECT table_name AS name FROM duckdb_tables() WHERE NOT temporary ORDER BY name`,
  )
  const prints: Record<string, string> = {}
  for (const { name } of tables) {
    if (except.includes(name)) continue
    const row = await database.one<{ rows: bigint; bits: bigint | null }>(
      `SELECT count(*) AS "rows", bit_xor(hash(t)) AS bits FROM "${name}" AS t`,
    )
    prints[name] = `${row!.rows} rows ${row!.bits}`
  }
  return prints
}

/**
 * Runs a step again and again, its n-th statement failing, n from 1 on, until it succeeds.
 *
 * @param run runs it on the database that it is given
 * @returns   how many times it failed; nothing had changed after any of them
 */
export async function failEachStatement(
  database: Database,
  run: (failing: Database) => Promise<unknown>,
): Promise<number> {
  const before = await fingerprint(database)
  for (let nth = 1; ; nth++) {
    const failed = await run(failingDatabase(database, nth)).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof InjectedFault)) throw error
        return true
      },
    )
    if (!failed) return nth - 1
    expect(await fingerprint(database)).toEqual(before)
  }
}
