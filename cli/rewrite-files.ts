import { EmbeddedLog } from '../pipelines/embedded-log.ts'
import { isRewriteDue, rewriteDatabase } from '../pipelines/warehouse/rewrite-file.ts'
import type { Session } from './session.ts'

/**
 * Writes the files of warehouse and log again without the bytes of what was erased, where that is due. Closes the session, since nothing
 * else may have the files open.
 *
 * @returns the files that were written again
 */
export async function rewriteFiles(session: Session, show: (text: string) => void): Promise<string[]> {
  const { warehouse, log: logFile } = session.directory
  const { sink } = await session.log()
  const due: string[] = []
  if (await isRewriteDue(await session.warehouse())) due.push(warehouse)
  if (sink instanceof EmbeddedLog && (await sink.isRewriteDue())) due.push(logFile)
  await session.close()
  for (const path of due) {
    show(`${path} without what was erased`)
    await rewriteDatabase(path, 'tally erase')
  }
  return due
}
