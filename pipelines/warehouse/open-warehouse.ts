import { readdirSync, readFileSync } from 'node:fs'
import { Database, type DatabaseOptions } from './database.ts'
import { WarehouseVersionError } from './errors.ts'

const migrationsFolder = new URL('./migrations/', import.meta.url)

/** Opens (or makes) the warehouse of a ledger and brings its tables up to date. @throws WarehouseLockedError, WarehouseVersionError */
export async function openWarehouse(path: string, options: DatabaseOptions): Promise<Database> {
  const warehouse = await Database.open(path, options)
  try {
    await migrate(warehouse)
    return warehouse
  } catch (error) {
    warehouse.close()
    throw error
  }
}

async function migrate(warehouse: Database): Promise<void> {
  await warehouse.run('CREATE TABLE IF NOT EXISTS migration (version INTEGER NOT NULL)')
  const files = readdirSync(migrationsFolder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  const found =
    (await warehouse.one<{ version: number | null }>('SELECT max(version) AS version FROM migration'))?.version ?? 0
  if (found > files.length) throw new WarehouseVersionError({ path: warehouse.path, found, known: files.length })
  for (const [index, name] of files.entries()) {
    if (index < found) continue
    // Tables and version together: killed in between, the next start finds neither and begins this migration again.
    await warehouse.transaction(async () => {
      await warehouse.run(readFileSync(new URL(name, migrationsFolder), 'utf8'))
      await warehouse.run('INSERT INTO migration VALUES ($version)', { version: index + 1 })
    })
  }
}
