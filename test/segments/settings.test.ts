import { describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../cli/config.ts'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import { seal } from '../../pipelines/segments/sealer.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import { documentOf, errorOf, tally } from '../cli/support/tally.ts'
import { temporaryFolder } from '../cli/support/temporary-folder.ts'

const path = temporaryFolder()

describe('a folder of segments', () => {
  test('is sealed by whoever names it and a broker', async () => {
    const nameless = await tally(['seal', '--json'])
    expect([nameless.end, errorOf(nameless)]).toMatchObject([2, { code: 'CONFIG' }])
    expect(errorOf(nameless).message).toMatch(/segments: .*\n.*kafkaBrokers: /)
  })

  test('is read without a broker: what is sealed is all there is', async () => {
    const log = new MemoryLog()
    for (const topic of INPUT_TOPICS) log.createTopic(topic, 2)
    await log.append(INPUT_TOPICS.map((topic) => ({ topic, key: null, headers: [], value: Buffer.from('junk') })))
    await seal({ source: log, folder: path('segments'), topics: INPUT_TOPICS, until: 'end' })
    const env = { TALLY_SEGMENTS: path('segments'), TALLY_DATA: path('data') }
    for (const records of [INPUT_TOPICS.length, 0]) {
      const ingested = await tally(['ingest', '--json'], { env })
      expect([ingested.end, documentOf(ingested)]).toEqual([0, expect.objectContaining({ records })])
    }
  })

  test('without a broker takes no deposits: nobody would seal them', () => {
    const environment = { TALLY_SEGMENTS: 'segments', DEPOSIT_SOURCE: 'urn:watcher' }
    expect(() => loadConfig({ environment, flags: {} })).toThrow('segments: ')
    expect(() => loadConfig({ environment: { ...environment, KAFKA_BROKERS: 'a:1' }, flags: {} })).not.toThrow()
  })
})
