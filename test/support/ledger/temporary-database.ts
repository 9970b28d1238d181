import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../../pipelines/warehouse/database.ts'

/** An empty database in a folder of its own, removed when it is closed. */
export async function temporaryDatabase(): Promise<{ database: Database; close: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-database-'))
  const database = await Database.open(join(folder, 'database.db'), { verb: 'test', memoryLimit: '256MB' })
  return {
    database,
    close: () => {
      database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
