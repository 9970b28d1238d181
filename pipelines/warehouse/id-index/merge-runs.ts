import { compareKeys } from './entry.ts'
import type { Run, RunCursor } from './run.ts'
import type { RunTrailer } from './run-trailer.ts'
import { RunWriter } from './run-writer.ts'

/**
 * Merges runs into a new one at `path`. Streaming: a quarter of a MiB a run and what {@link RunWriter} holds; other work of
 * the process goes on at every read and write. No key is in two runs, so an equal one is damage.
 *
 * @throws IdIndexCorruptError
 */
export async function mergeRuns(runs: readonly Run[], path: string): Promise<RunTrailer> {
  const entries = runs.reduce((sum, run) => sum + run.row.entries, 0)
  const writer = await RunWriter.create(path, entries)
  const cursors: RunCursor[] = []
  try {
    for (const run of runs) cursors.push(await run.cursor())
    const open = new Set(cursors)
    while (open.size > 0) {
      const first = lowest(open)
      const written = writer.push(first.view, first.at)
      if (written !== undefined) await written
      const filled = first.next()
      if (filled !== undefined) await filled
      if (first.atEnd) open.delete(first)
    }
    return await writer.finish()
  } finally {
    for (const cursor of cursors) await cursor.close()
    await writer.close()
  }
}

function lowest(cursors: ReadonlySet<RunCursor>): RunCursor {
  let first: RunCursor | undefined
  for (const cursor of cursors)
    if (first === undefined || compareKeys(cursor.view, cursor.at, first.view, first.at) < 0) first = cursor
  return first!
}
