import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { addressOf } from '../support/ledger/cast.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const page = readFileSync(new URL('../../docs/how-pay-is-computed.md', import.meta.url), 'utf8')

/** Who is paid what, by the page. */
function tableOfThePage(): Map<string, number> {
  const rows = page
    .split('\n')
    .filter((line) => /^\| .* \| .* \| [\d,]+ \|$/.test(line) && line.split('|').length === 5)
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()))
  return new Map(cells.map(([, who, , paid]) => [who!.replaceAll('`', ''), Number(paid!.replaceAll(',', ''))]))
}

test('the page says who is paid what of a fee', async () => {
  const world = await SmallLedger.open()
  try {
    await world.found({
      ...{ dataParts: 500_000, modelParts: 200_000, upstreamParts: 100_000 },
      ...{ agentParts: 50_000, infrastructureParts: 100_000, treasuryParts: 50_000 },
    })
    const { records } = world
    await world.send(
      await records.asset('bot', 'agent', { alice: 1_000_000 }),
      await records.derived('base', 'model', 'bob', { digits: { by: 'operator', parts: 200_000 } }),
      await records.derived('tuned', 'model', 'carol', { base: { by: 'bob', parts: 400_000 } }),
      ...(await records.vouchers('tuned')),
      records.deposit('payer', 1_000_000n),
      records.inference('use', 1_000_000n, { body: { model: 'tuned', agent: 'bot' } }),
    )
    const { conservation } = await world.runEpoch()
    const lines = await world.ledger.warehouse.all<{ kind: string; asset: string; amount: bigint }>(
      'SELECT kind, asset, amount FROM settlement_line',
    )
    const who = ({ kind, asset }: { kind: string; asset: string }) =>
      ({ agent: 'owners of the agent', infrastructure: 'owners of the machines', treasury: 'treasury' })[kind] ??
      `owners of ${asset}`
    // Without features nobody can divide the data part; it is all that is left.
    const expected: [string, number][] = lines.map((line) => [who(line), Number(line.amount)])
    expected.push(['contributors of data', Number(conservation[0]!.unattributed)])
    expect([...tableOfThePage()].sort()).toEqual(expected.sort())
  } finally {
    world.close()
  }
})

test('the page says what two agents get of an outcome part', async () => {
  const world = await SmallLedger.open()
  try {
    const policy = { dataParts: 500_000, modelParts: 400_000, infrastructureParts: 0, treasuryParts: 0 }
    await world.found({ ...policy, outcomeParts: 100_000, outcomeWaitEpochs: 0 })
    const { records } = world
    await world.send(
      await records.asset('reader-bot', 'agent', { alice: 1_000_000 }),
      await records.asset('scout', 'agent', { bob: 1_000_000 }),
      records.deposit('payer', 700_000n),
      records.inference('read', 300_000n, { body: { agent: 'reader-bot' } }),
      records.inference('scouted', 400_000n, { body: { agent: 'scout' } }),
      await records.rating('payer', 'read', 1_000),
      await records.rating('payer', 'scouted', 100),
    )
    await world.runEpoch()
    const paid = async (name: 'alice' | 'bob') => Number(await world.earned(1, addressOf(name), 'outcome'))
    const said = /: ([\d,]+) for `reader`, ([\d,]+) for `scout`/.exec(page)!.slice(1)
    expect(said.map((text) => Number(text.replaceAll(',', '')))).toEqual([await paid('alice'), await paid('bob')])
  } finally {
    world.close()
  }
})
