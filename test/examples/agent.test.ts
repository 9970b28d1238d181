import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openUploadServer, type UploadServer } from '../../api/upload-server.ts'
import { type OutgoingRecord, rateOutcome, sendRecords } from '../../client/src/index.ts'
import { type AgentOptions, ExampleAgent } from '../../examples/agent/agent.ts'
import { agentPage } from '../../jobs/agents/agent-page.ts'
import { registeredSource } from '../../jobs/registered-source.ts'
import { accountOf, addressOf, GENESIS, type Name, signerOf, TOKEN } from '../support/ledger/cast.ts'
import { LICENCE } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const BOT = 'reader-bot'
const MEMORY = 'what-the-bot-knows'
const OF_BOT = 'urn:bot'
const OF_CUSTOMER = 'urn:customer'
/** Of the customer's fee a tenth is for the work, a fifth for how it is rated. */
const POLICY = {
  ...{ dataParts: 300_000, modelParts: 200_000, upstreamParts: 0, agentParts: 100_000, outcomeParts: 200_000 },
  ...{ infrastructureParts: 150_000, treasuryParts: 50_000, outcomeWaitEpochs: 1 },
  dataChannels: [{ model: '', channels: ['retrieval', 'features'] }],
}

let world: SmallLedger
let server: UploadServer
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-agent-'))
  world = await SmallLedger.open()
  const { records } = world
  await world.found(POLICY)
  await world.send(
    await records.source(OF_BOT, ['VoucherPresented', 'InferenceRecorded', 'AgentStep', 'ContributionBatch'], {
      body: { key: accountOf('alice') },
    }),
    await records.source(OF_CUSTOMER, ['TaskOutcome'], { body: { key: accountOf('payer') } }),
    await records.asset(BOT, 'agent', { alice: 1_000_000 }),
    await records.asset(MEMORY, 'dataset', { alice: 1_000_000 }),
    records.deposit('payer', 1_000_000n),
    records.deposit('alice', 1_000n),
  )
  await world.runEpoch()
  server = await openUploadServer({
    ...{ genesis: GENESIS, ledgerId: world.ledger.ledgerId, operator: signerOf('operator'), port: 0 },
    sink: { append: (batch) => world.log.append(batch), close: async () => undefined },
    sourceOf: (source) => registeredSource(world.ledger.warehouse, source),
  })
})
afterEach(async () => {
  await server.close()
  world.close()
  rmSync(folder, { recursive: true })
})

const upload = (source: string, signer: Name, records: readonly OutgoingRecord[]) =>
  sendRecords({ url: server.url, genesis: GENESIS, source, signer: signerOf(signer), records })

let asked = 0
const options = (send: AgentOptions['send'] = (records) => upload(OF_BOT, 'alice', records)): AgentOptions => ({
  ...{ ledgerId: world.ledger.ledgerId, signer: signerOf('alice'), source: OF_BOT, agent: BOT, token: TOKEN, folder },
  model: {
    ...{ name: 'reader', infrastructure: 'gateway', fee: 40n },
    answer: async (question, recalled) => `answer ${++asked} to ${question} remembering ${recalled.length}`,
  },
  ...{ memory: { dataset: MEMORY, licence: LICENCE }, ahead: 0n, send },
})
const task = (id: string) => ({
  ...{ id, question: `What is ${id}?` },
  customer: { payer: addressOf('payer'), voucher: 1n, fee: 1_000n },
})

async function rate(id: string, score: number): Promise<void> {
  const { record } = await rateOutcome({
    ...{ ledgerId: world.ledger.ledgerId, signer: signerOf('payer'), source: OF_CUSTOMER },
    ...{ inference: { source: OF_BOT, id: `${id}/delivered` }, score },
  })
  await upload(OF_CUSTOMER, 'payer', [record])
}

const page = () => agentPage(world.ledger.warehouse, BOT)

describe('an agent that persists', () => {
  test('pays its model by voucher, links its steps, is rated, earns by outcome, and remembers', async () => {
    const first = await ExampleAgent.open(options())
    const answer = await first.work(task('one'))
    await rate('one', 900)
    await world.runEpoch()
    // It is gone before the second task is sent, and before the third one is begun.
    const away = await ExampleAgent.open(options(() => Promise.reject(new Error('no network'))))
    await expect(away.work(task('two'))).rejects.toThrow('no network')
    const next = await ExampleAgent.open(options())
    expect(await next.work(task('one'))).toBe(answer)
    await next.work(task('three'))
    await rate('three', 300)
    await world.runEpoch()
    await world.send(world.records.deposit('payer', 1n))
    const { counts } = await world.runEpoch()
    expect(counts.rejected).toBe(0)

    const shown = await page()
    expect(shown.runs).toMatchObject([{ steps: 6, isLinked: true }])
    expect(shown.runs[0]!.newest.map(({ cost, isFee }) => [cost, isFee])).toEqual([
      ...[
        [40n, true],
        [0n, null],
        [40n, true],
      ],
      ...[
        [0n, null],
        [40n, true],
        [0n, null],
      ],
    ])
    // Rated work of each of the two epochs: all of the first one's outcome part, and of the second's, whose other task nobody rated.
    expect(shown.earned).toEqual([{ account: addressOf('alice'), token: TOKEN, byWork: 300n, byOutcome: 600n }])
    expect(shown.outcomes).toMatchObject({ uses: 3, rated: 2, meanScore: 600 })
    expect(shown.paid).toEqual([
      {
        ...{ token: TOKEN, uses: 3, fees: 3_000n, outcome: { waiting: 0n, divided: 600n } },
        owners: [
          { kind: 'model', asset: 'reader', amount: 600n },
          { kind: 'infrastructure', asset: 'gateway', amount: 450n },
          { kind: 'agent', asset: BOT, amount: 300n },
          { kind: 'treasury', asset: 'policy-1', amount: 150n },
        ],
        data: {
          ...{ paid: 600n, contributors: [{ account: addressOf('alice'), amount: 600n }] },
          ...{ kept: 0n, open: 0n, waiting: 0n, unattributed: 300n },
        },
      },
    ])
    expect(shown.memory).toEqual([{ dataset: MEMORY, parts: 1_000_000, items: 3, ownItems: 3, reads: 2 }])
    // Its second answer was made from its first, and its third from both: the data part of a fee is 300.
    expect(shown.remembered).toEqual([{ account: addressOf('alice'), token: TOKEN, amount: 600n, elsewhere: false }])
    const { channels } = await world.state(4)
    expect(channels.find(({ payer }) => payer === addressOf('alice'))).toMatchObject({
      cumulative: '120',
      spent: '120',
    })
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('records that arrived, and whose answer was lost, count once', async () => {
    const lost = await ExampleAgent.open(
      options(async (records) => {
        await upload(OF_BOT, 'alice', records)
        throw new Error('the answer is lost')
      }),
    )
    await expect(lost.work(task('one'))).rejects.toThrow('the answer is lost')
    await ExampleAgent.open(options())
    const { counts } = await world.runEpoch()
    expect(counts).toMatchObject({ duplicate: 6, rejected: 0 })
    expect(await page()).toMatchObject({ outcomes: { uses: 1 }, runs: [{ steps: 2 }], memory: [{ items: 1 }] })
  })
})
