import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { RetrievedItem } from '../../schemas/events.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { featuresOf, randomOf, SHAPE } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const page = readFileSync(new URL('../../docs/economics.md', import.meta.url), 'utf8')
const section = page.split(/^## /m).find((each) => each.startsWith('Looked up for an answer'))!
const tables = section.split(/\n\n/).filter((part) => part.startsWith('|'))
const NAMES: Readonly<Record<string, Name>> = { Ana: 'alice', Ben: 'bob', Cleo: 'carol' }
const POLICY = {
  ...{ dataParts: 500_000, modelParts: 200_000, upstreamParts: 100_000, minEvents: 1 },
  ...{ agentParts: 50_000, infrastructureParts: 100_000, treasuryParts: 50_000 },
}
const chain = (...channels: string[]) => ({ dataChannels: [{ model: '', channels }] })

/** Rows of the n-th table, numbers as numbers. */
function rowsOf(number: number): (string | number)[][] {
  const cells = (row: string) => row.split('|').slice(1, -1)
  const rows = tables[number]!.split('\n').slice(2).map(cells)
  return rows.map((row) => row.map((cell) => (/\d/.test(cell) ? Number(cell.replaceAll(',', '')) : cell.trim())))
}

async function inLedger(policy: object, tell: (world: SmallLedger) => Promise<void>): Promise<void> {
  const world = await SmallLedger.open()
  try {
    await world.found({ ...POLICY, ...policy })
    for (const name of Object.values(NAMES)) await world.send(await world.records.batch(name, name, 1))
    await world.send(world.records.deposit('payer', 1_000_000n))
    await tell(world)
  } finally {
    world.close()
  }
}

const of = (name: string, score = 0): RetrievedItem => ({
  ...{ batchSource: SOURCES.portal, batchId: NAMES[name]!, index: 0, score },
})
const earned = async (world: SmallLedger, epoch: number, name: string, kind = 'retrieval') =>
  Number(await world.earned(epoch, addressOf(NAMES[name]!), kind))

test.each([
  ['score', 3],
  ['rank', 4],
] as const)('what was retrieved shares by %s', (retrievalRule, column) =>
  inLedger({ ...chain('retrieval'), retrievalRule }, async (world) => {
    const rows = rowsOf(0)
    const retrieved = rows.map(([, name, score]) => of(name as string, score as number))
    await world.send(world.records.inference('use', 2_000n, { body: { retrieved } }))
    await world.runEpoch()
    for (const row of rows) expect(await earned(world, 1, row[1] as string)).toBe(row[column])
  }),
)

test('a chain', () =>
  inLedger({ ...chain('features', 'retrieval'), featureWaitEpochs: 1, retrievalParts: 200_000 }, async (world) => {
    const { records } = world
    const rows = rowsOf(1)
    for (const [use, , what] of rows) {
      const retrieved = what === 'nothing' ? [] : [of((what as string).replace('of ', ''))]
      await world.send(records.inference(`use-${use}`, 1_000n, { body: { retrieved } }))
    }
    await world.send(records.inferenceFeatures('use-1', featuresOf(randomOf(1), SHAPE, 0), { body: {} }))
    const { periods } = await world.runEpoch()
    await world.send(records.deposit('stranger', 1n))
    const { conservation } = await world.runEpoch()
    const column = (index: number) => rows.map((row) => row[index])
    expect(column(3)).toEqual([Number(periods[0]!.pool), 0, 0])
    expect(column(4)).toEqual([await earned(world, 1, 'Ana'), await earned(world, 1, 'Ben'), 0])
    expect(column(5)).toEqual([await earned(world, 2, 'Ana'), await earned(world, 2, 'Ben'), 0])
    expect(column(6)).toEqual([0, 0, Number(conservation[0]!.unattributed)])
  }))

test('the memory of an agent', () =>
  inLedger(chain('retrieval'), async (world) => {
    const { records } = world
    await world.send(
      await records.asset('memory', 'dataset', { alice: 1_000_000 }),
      await records.asset('bot', 'agent', { alice: 1_000_000 }),
      await records.batch('alice', 'learned', 1, { body: { dataset: 'memory' } }),
      records.inference('use', 1_000n, { body: { agent: 'bot', retrieved: [{ ...of('Ana'), batchId: 'learned' }] } }),
    )
    await world.runEpoch()
    expect(rowsOf(2).map(([, amount]) => amount)).toEqual([
      await earned(world, 1, 'Ana', 'agent'),
      await earned(world, 1, 'Ana'),
    ])
  }))
