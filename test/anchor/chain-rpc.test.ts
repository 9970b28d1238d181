import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask, type ChainConnection, connectChain, httpTo } from '../../anchor/chain/connect.ts'
import { readEpoch } from '../../anchor/chain/distributor.ts'
import { blockAt } from '../../anchor/chain/second-opinion.ts'
import { simulate } from '../../anchor/chain/simulate.ts'

const ADDRESS = `0x${'aa'.repeat(20)}` as const
const HASH = `0x${'bb'.repeat(32)}` as const
const LOCAL = 31337
/** Longer than any answer takes, and shorter than a test waits for one that never comes. */
const ANSWER_MS = 20_000
const NO_ANSWER_MS = 150

let server: Server
let url: string
/** What the node says to everything but the chain's id. */
let respond: (response: ServerResponse) => void

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { method } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { method: string }
    if (method === 'eth_chainId') json(response, { jsonrpc: '2.0', id: 1, result: '0x7a69' })
    else respond(response)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-key`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function json(response: ServerResponse, document: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
}

const result = (value: unknown) => (response: ServerResponse) =>
  json(response, { jsonrpc: '2.0', id: 1, result: value })

const connect = (answer_ms = ANSWER_MS) =>
  connectChain({ rpcUrl: url, chainId: LOCAL, transport: httpTo(url, answer_ms, 0) })

type Asking = (connection: ChainConnection) => Promise<unknown>

const REQUESTS: Readonly<Record<string, Asking>> = {
  'a nonce': (c) => ask(c, () => c.client.getTransactionCount({ address: ADDRESS })),
  'a balance': (c) => ask(c, () => c.client.getBalance({ address: ADDRESS })),
  'a block': (c) => ask(c, () => c.client.getBlock()),
  'a block at a height': (c) => blockAt(c, 7n),
  'a receipt': (c) => ask(c, () => c.client.getTransactionReceipt({ hash: HASH })),
  'a gas estimate': (c) => ask(c, () => c.client.estimateGas({ account: ADDRESS, to: ADDRESS })),
  'the state of the contract': (c) => readEpoch({ connection: c, distributor: ADDRESS }, 1n),
  'the answer to a broadcast': (c) => ask(c, () => c.client.sendRawTransaction({ serializedTransaction: '0x01' })),
  logs: (c) => ask(c, () => c.client.getLogs({ address: ADDRESS, fromBlock: 0n, toBlock: 1n })),
}

const place = { number: '0x7', hash: HASH, timestamp: '0x1' }
const MALFORMED: Readonly<Record<string, unknown>> = {
  'a negative number': '-0x1',
  'a number, not text': 7,
  true: true,
  'a hash of 31 bytes': `0x${'bb'.repeat(31)}`,
  'no hex': `0x${'g'.repeat(64)}`,
  'half an object': { number: '0x7', blockNumber: '0x7', hash: '0x12', status: '0x7' },
  'an object with a negative height': { ...place, number: '-0x7', blockNumber: '-0x7', status: '0x1', logs: [] },
  'a height above 2^53': { ...place, number: `0x${'f'.repeat(14)}`, blockNumber: `0x${'f'.repeat(14)}`, logs: [] },
  'logs without a place': [{ address: ADDRESS, topics: [], data: '0x' }],
  'logs with five topics': [{ ...place, address: ADDRESS, topics: Array(5).fill(HASH), data: '0x' }],
  'a list of null': [null],
}

describe('an answer', () => {
  // A balance may be as large as a hash.
  const cases = Object.keys(REQUESTS)
    .flatMap((asked) => Object.keys(MALFORMED).map((answer) => [asked, answer] as const))
    .filter(([asked, answer]) => asked !== 'a balance' || answer !== 'a hash of 31 bytes')

  test.each(cases)('of %s that is %s is a typed error', async (asked, answer) => {
    respond = result(MALFORMED[answer])
    const error = await REQUESTS[asked]!(await connect()).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'RPC_MALFORMED', retriable: true })
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('secret-key')
  })

  test.each(Object.keys(REQUESTS))(
    'of %s that is missing, or null in the wrong place, is a typed error',
    async (asked) => {
      respond = (response) => json(response, { jsonrpc: '2.0', id: 1 })
      await expect(REQUESTS[asked]!(await connect())).rejects.toMatchObject({ code: 'RPC_MALFORMED' })
      if (['a receipt', 'a block', 'a block at a height'].includes(asked)) return
      respond = result(null)
      await expect(REQUESTS[asked]!(await connect())).rejects.toMatchObject({ code: 'RPC_MALFORMED' })
    },
  )

  test('for another height than was asked for is not taken', async () => {
    respond = result({ ...place, number: '0x8', transactions: [] })
    await expect(blockAt(await connect(), 7n)).rejects.toMatchObject({ code: 'RPC_MALFORMED' })
    respond = result({ ...place, transactions: [] })
    expect(await blockAt(await connect(), 7n)).toEqual({ number: 7n, hash: HASH })
    respond = result(null)
    expect(await blockAt(await connect(), 7n)).toBeUndefined()
  })

  test('of the contract that no such record has is a typed error', async () => {
    respond = result(`0x${'ff'.repeat(320)}`)
    await expect(readEpoch({ connection: await connect(), distributor: ADDRESS }, 1n)).rejects.toMatchObject({
      code: 'RPC_MALFORMED',
    })
  })
})

describe('a node that', () => {
  test.each([
    ['an object', { of: 7 }],
    ['a number', 7],
    ['a list', []],
  ])('refuses to simulate in words that are %s is RPC_MALFORMED', async (_, message) => {
    respond = (response) => json(response, { error: { code: 'x', message } })
    const call = { state: 'intended', intent: 'i', chainId: LOCAL, from: ADDRESS, to: ADDRESS, data: '0x' } as const
    await expect(simulate(await connect(), call)).rejects.toMatchObject({ code: 'RPC_MALFORMED' })
  })

  const nonce = async (answer_ms?: number) => REQUESTS['a nonce']!(await connect(answer_ms))

  test.each([
    ['answers 503', 'RPC_UNREACHABLE', (response: ServerResponse) => void response.writeHead(503).end('busy')],
    ['answers with a page', 'RPC_UNREACHABLE', (response: ServerResponse) => void response.end('<html>hello</html>')],
    [
      'breaks off in the middle',
      'RPC_UNREACHABLE',
      (response: ServerResponse) => void response.write('{"res', () => response.destroy()),
    ],
    ['answers null', 'RPC_MALFORMED', (response: ServerResponse) => json(response, null)],
    ['sends 17 MiB', 'RPC_MALFORMED', (response: ServerResponse) => void response.end(' '.repeat(17 << 20))],
    ['sends 17 MiB without saying so', 'RPC_MALFORMED', pour],
    [
      'refuses in words that are none',
      'RPC_MALFORMED',
      (response: ServerResponse) => json(response, { error: { code: 'x', message: { of: 7 } } }),
    ],
    [
      'refuses in very many words',
      'RPC_REFUSED',
      (response: ServerResponse) => json(response, { error: { code: 1, message: 'x'.repeat(1 << 20) } }),
    ],
  ])('%s is %s', async (_, code, behave) => {
    respond = behave
    const error = await nonce().catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code })
    const { message } = error as Error
    expect(message.length).toBeLessThan(1_000)
    expect(message).not.toContain('secret-key')
  })

  test.each([
    ['says nothing', () => undefined],
    ['drips', drip],
  ])('%s is RPC_UNREACHABLE when the time is over', async (_, behave) => {
    respond = behave
    await expect(nonce(NO_ANSWER_MS)).rejects.toMatchObject({ code: 'RPC_UNREACHABLE' })
  })

  /** Headers and a byte now and then: a client that waits for headers alone would wait for ever. */
  function drip(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), 10)
    response.on('close', () => clearInterval(timer))
  }

  function pour(response: ServerResponse): void {
    for (let mebibytes = 0; mebibytes < 17; mebibytes++) response.write(' '.repeat(1 << 20))
    response.end()
  }
})
