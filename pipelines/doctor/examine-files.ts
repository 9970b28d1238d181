import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Finding, ok } from './finding.ts'

const MIB = 2n ** 20n
const FREE_BYTES_MIN = 256n * MIB
const FREE_BYTES_WARN = 2_048n * MIB
/** DuckDB folds its write-ahead log into the file every 16 MiB; one that is this large was not folded for long. */
const WAL_BYTES_WARN = 1_024n * MIB

/** The warehouse's file and the disk below it, without opening it. */
export function examineFiles(warehouse: string): Finding[] {
  const findings: Finding[] = []
  const { bavail, bsize } = statfsSync(dirname(warehouse), { bigint: true })
  const free = bavail * bsize
  if (free < FREE_BYTES_WARN) {
    findings.push({
      check: 'disk',
      severity: free < FREE_BYTES_MIN ? 'error' : 'warning',
      subject: dirname(warehouse),
      found: `${free / MIB} MiB are free`,
      means: 'On a full disk a commit fails and ingest stops; nothing that was committed is lost.',
      mend: 'Free space, or move the folder to a larger disk while no tally runs',
    })
  }
  const wal = sizeOf(`${warehouse}.wal`)
  if (wal > WAL_BYTES_WARN) {
    findings.push({
      check: 'disk',
      severity: 'warning',
      subject: `${warehouse}.wal`,
      found: `${wal / MIB} MiB of changes are not folded into the file`,
      means: 'The next start replays them first, which takes long.',
      mend: 'Stop tally and start it once: it folds them in',
    })
  }
  if (findings.length > 0) return findings
  return [
    ok('disk', `${free / MIB} MiB free; the warehouse has ${sizeOf(warehouse) / MIB} MiB, its log ${wal / MIB} MiB`),
  ]
}

function sizeOf(path: string): bigint {
  return existsSync(path) ? statSync(path, { bigint: true }).size : 0n
}
