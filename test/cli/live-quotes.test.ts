import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { signerOfQuote } from '../../anchor/signatures/quote.ts'
import { loadConfig } from '../../cli/config.ts'
import { Session } from '../../cli/session.ts'
import { closeEpoch } from '../../jobs/close/close-epoch.ts'
import { fromHex } from '../../schemas/ids.ts'
import { GENESIS, keyOf } from '../support/ledger/cast.ts'
import { Records, SOURCES } from '../support/ledger/records.ts'
import { startFollower } from './support/follower.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const path = temporaryFolder()

/** A ledger whose model is closed, and whose price list is not yet. */
async function founded(): Promise<string> {
  const data = path('ledger')
  mkdirSync(data)
  writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
  const records = new Records(ledgerIdOf(GENESIS))
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    const log = await session.log()
    await log.sink.append([
      await records.source(SOURCES.operator, ['AssetRegistered', 'PriceListPublished']),
      await records.asset('reader', 'model', { modeller: 1_000_000 }),
    ])
    await closeEpoch({ ledger: await session.ledger(), ...log, clock: session.clock, cutNow: true })
    await log.sink.append([await records.priceList('prices-1', [{ unit: 'calls', pricePerMillion: 3_000_000n }])])
  } finally {
    await session.close()
  }
  return data
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('tally ingest --follow signs quotes over HTTP, by the lists of the last closed epoch, while epochs are closed', async () => {
  const data = await founded()
  const port = await freePort()
  const follower = await startFollower(data, {
    env: { OPERATOR_KEY: keyOf('operator') },
    flags: ['--upload-port', String(port)],
  })
  try {
    const ask = () => fetch(`http://127.0.0.1:${port}/v1/quote?model=reader&units=calls%3D2`)
    const early = await ask()
    expect([early.status, await early.json()]).toEqual([404, expect.objectContaining({ code: 'NO_PRICE_LIST' })])
    expect(await tallyHere(['epoch', 'close', '--now', '--json', '--data', data])).toMatchObject({ end: 0 })
    const answer = await ask()
    const { quoteId, fee, units, expiresMs, signature, ...same } = (await answer.json()) as Record<string, string>
    expect([answer.status, fee, units]).toEqual([200, '6', { calls: '2' }])
    const quote = {
      ...(same as Record<string, never>),
      ...{ quoteId: fromHex(quoteId!), fee: BigInt(fee!), expiresMs: BigInt(expiresMs!) },
      units: [{ unit: 'calls', quantity: 2n }],
    }
    expect(await signerOfQuote(ledgerIdOf(GENESIS), quote as never, fromHex(signature!))).toBe(GENESIS.operator)
  } finally {
    const { stderr } = await follower.end('SIGTERM')
    expect(stderr).toContain(`quotes: http://127.0.0.1:${port}/v1/quote`)
    expect(stderr).not.toContain(keyOf('operator'))
  }
})
