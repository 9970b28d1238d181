import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Alarm, alarmOf } from '../../anchor/watch/alarm.ts'
import { AlarmBook } from '../../anchor/watch/alarm-book.ts'
import { watch } from '../../anchor/watch/watch.ts'
import type { Look } from '../../anchor/watch/watcher.ts'
import { alarmBody, WebhookOutbox } from '../../anchor/watch/webhook.ts'
import { toAddress, toHash32 } from '../../schemas/ids.ts'

const PATIENT_MS = 10_000
const HASH = toHash32(`0x${'ab'.repeat(32)}`)
const PINS = { ledger: HASH, distributor: toAddress(`0x${'d1'.repeat(20)}`) }
const about = { epoch: 3, attempt: 1, proposalHash: HASH, deadline_s: 1_750_000_000n }
const difference = { epoch: 3, check: 'tree', where: 'root', expected: 'a', found: 'b' }
const alarm = alarmOf({ kind: 'difference', message: 'It differs.', difference, command: null, about })

const servers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of servers.splice(0)) await stop()
})

/** A server whose n-th request (from 0) is answered by `answer`; it keeps bodies. */
async function serve(answer: (n: number, response: ServerResponse, request: IncomingMessage) => void) {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    answer(bodies.push(Buffer.concat(chunks).toString()) - 1, response, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, bodies }
}

const end =
  (status: number, headers = {}) =>
  (_: number, response: ServerResponse) =>
    void response.writeHead(status, headers).end('x'.repeat(99))

async function send(url: string, timeout_ms = PATIENT_MS): Promise<string[]> {
  const problems: string[] = []
  const outbox = new WebhookOutbox(url, (problem) => void problems.push(problem), { timeout_ms, retry_ms: [1, 1] })
  outbox.send(alarmBody(alarm, 31337, PINS))
  await outbox.close()
  return problems
}

describe('a webhook', () => {
  test('gets the alarm as documented', async () => {
    const { url, bodies } = await serve(end(204))
    expect(await send(url)).toEqual([])
    expect(bodies.map((body) => JSON.parse(body))).toEqual([
      {
        format: 'tallystick-alarm/1',
        chainId: 31337,
        ...PINS,
        kind: 'difference',
        severity: 'high',
        message: 'It differs.',
        epoch: 3,
        attempt: 1,
        proposalHash: HASH,
        deadline: '2025-06-15T15:06:40.000Z',
        difference,
        command: null,
      },
    ])
  })

  test('that fails at first gets it again', async () => {
    const { url, bodies } = await serve((n, response) => end(n < 2 ? 503 : 200)(n, response))
    expect(await send(url)).toEqual([])
    expect(bodies).toHaveLength(3)
  })

  test('that redirects is not followed', async () => {
    const elsewhere = await serve(end(200))
    const { url, bodies } = await serve(end(307, { location: elsewhere.url }))
    expect(await send(url)).toEqual(['status 307'])
    expect({ tries: bodies.length, elsewhere: elsewhere.bodies }).toEqual({ tries: 3, elsewhere: [] })
  })

  test('that hangs, or whose answer never ends, holds nothing up', async () => {
    const hanging = await serve(() => undefined)
    expect(await send(hanging.url, 100)).toEqual([expect.stringMatching(/timeout/i)])
    const endless = await serve((_, response) => void response.writeHead(200).write('x'))
    expect(await send(endless.url)).toEqual([])
  })

  test('that nobody serves, or that hangs up, is reported with its reason', async () => {
    const gone = await serve(end(200))
    await servers.pop()!()
    expect(await send(gone.url)).toEqual([expect.stringContaining('ECONNREFUSED')])
    const { url } = await serve((_, response) => void response.destroy())
    expect(await send(url)).toHaveLength(1)
  })

  test('that takes forever is not given more and more', async () => {
    const { url, bodies } = await serve(() => undefined)
    const problems: string[] = []
    const outbox = new WebhookOutbox(url, (problem) => void problems.push(problem), { timeout_ms: 300, retry_ms: [] })
    for (let n = 0; n < 40; n++) outbox.send('{}')
    expect(problems).toHaveLength(24)
    await outbox.close()
    expect(bodies).toHaveLength(16)
    expect(problems).toHaveLength(40)
  })
})

describe('alarms that go on', () => {
  test('are told at once, then at an interval, and again when they come back', () => {
    const book = new AlarmBook(1_000)
    const other = alarmOf({ ...alarm, message: 'Another.', about: { ...about, attempt: 2 } })
    expect(book.replace([alarm], 0)).toEqual([alarm])
    expect(book.replace([alarm, other], 500)).toEqual([other])
    expect(book.replace([alarm, other], 1_000)).toEqual([alarm])
    expect(book.up).toEqual([alarm, other])
    expect(book.replace([], 1_100)).toEqual([])
    expect(book.up).toEqual([])
    expect(book.replace([alarm], 1_200)).toEqual([alarm])
  })

  test('a watcher that sees nothing says so, and goes on when it sees again', async () => {
    const stop = new AbortController()
    const told: Alarm[] = []
    const failures: unknown[] = []
    const up: (readonly Alarm[])[] = []
    let looks = 0
    const look = async (): Promise<Look> => {
      looks += 1
      if (looks <= 7) throw new TypeError(`look ${looks}`)
      stop.abort()
      return { outcome: 'idle', alarms: [] as readonly Alarm[] } as Look
    }
    await watch({
      watcher: { look },
      poll_ms: 1,
      repeat_ms: 60_000,
      signal: stop.signal,
      onLook: () => undefined,
      onFailure: (error) => void failures.push(error),
      onAlarm: (each) => void told.push(each),
      onAlarmsUp: (alarms) => void up.push(alarms),
    })
    expect(failures).toHaveLength(7)
    expect(told.map(({ kind }) => kind)).toEqual(['blind'])
    expect(up.map((alarms) => alarms.length)).toEqual([0, 0, 0, 0, 1, 1, 1, 0])
  })
})
