import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { LogRecord } from '../../pipelines/record-source.ts'
import { SegmentSource } from '../../pipelines/segments/segment-source.ts'
import { builtCli, distPath } from '../cli/support/built-cli.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { runs } from '../support/random-runs.ts'
import { filesOf } from '../support/segments.ts'

const RECORDS = 6_000
const RECORDS_A_SEGMENT = 100
/** More than it takes to be through; a start that gets nowhere would otherwise be started for ever. */
const STARTS_MAX = 60

const path = temporaryFolder()

test('killed with -9 at any moment, a sealer leaves no half segment, and the next one seals the rest', async () => {
  const { seed } = runs(1)
  const random = randomOf(seed)
  const folder = path('segments')
  const script = await sealingScript(folder)
  let kills = 0
  for (let starts = 0; ; starts++) {
    expect(starts).toBeLessThan(STARTS_MAX)
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    await Promise.race([exited, once(child.stdout, 'data')]) // the first segment
    await Promise.race([exited, sleep(random(80))])
    child.kill('SIGKILL')
    const [code] = (await exited) as [number | null]
    const records = await readBack(folder)
    expect(records.map(({ offset }) => Number(offset))).toEqual(Array.from({ length: records.length }, (_, i) => i))
    if (code === 0) break
    kills++
  }
  const records = await readBack(folder)
  expect(records.map(({ value }) => Number(value))).toEqual(Array.from({ length: RECORDS }, (_, i) => i))
  expect(kills).toBeGreaterThan(2)
  // Every record lies in one segment: nobody sealed what was sealed.
  const visible = filesOf(folder, 't', 0).filter((file) => !basename(file).startsWith('.'))
  expect(visible.length).toBeLessThanOrEqual(RECORDS / RECORDS_A_SEGMENT + kills)
}, 120_000)

/** Seals the same log each time, a line for each segment. */
async function sealingScript(folder: string): Promise<string> {
  await builtCli()
  const from = (file: string) => JSON.stringify(distPath(file))
  return `
    import { MemoryLog } from ${from('pipelines/memory-source.js')}
    import { seal } from ${from('pipelines/segments/sealer.js')}
    const source = new MemoryLog({ now: () => 1n })
    source.createTopic('t', 1)
    const record = (value) => ({ topic: 't', partition: 0, key: null, headers: [], value: Buffer.from(String(value)) })
    await source.append(Array.from({ length: ${RECORDS} }, (_, index) => record(index)))
    await seal({
      source, folder: ${JSON.stringify(folder)}, topics: ['t'], until: 'end',
      limits: { recordsMax: ${RECORDS_A_SEGMENT} },
      onProgress: ({ segments }) => console.log(segments),
    })
    console.log('done')`
}

async function readBack(folder: string): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  await new SegmentSource({ folder }).read({
    topics: ['t'],
    positionOf: () => 0n,
    onBatch: async (batch) => void records.push(...batch.records),
    until: 'end',
  })
  return records
}
