import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openUploadServer, type UploadServer } from '../../api/upload-server.ts'
import { recordInference } from '../../client/src/index.ts'
import { registeredSource } from '../../jobs/registered-source.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, GENESIS, OTHER_TOKEN, signerOf, TOKEN } from '../support/ledger/cast.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

let world: SmallLedger
let server: UploadServer
let errors: unknown[]
const RULES = [
  { unit: 'calls', pricePerMillion: 5_000_000n },
  { unit: 'calls', use: 'commercial', pricePerMillion: 9_000_000n },
  { unit: 'tokens', pricePerMillion: 2_000_000n },
  { unit: 'tokens', fromQuantity: 10n, pricePerMillion: 1_000_000n },
]

async function open(operator: ReturnType<typeof signerOf> | undefined, ledger = world.ledger): Promise<UploadServer> {
  return openUploadServer({
    ...{ genesis: GENESIS, ledgerId: world.ledger.ledgerId, operator: signerOf('operator'), sink: world.log },
    sourceOf: (source) => registeredSource(world.ledger.warehouse, source),
    quotes: { ledger, operator, clock: () => world.nowMs, onError: (error) => errors.push(error) },
    port: 0,
  })
}

beforeEach(async () => {
  errors = []
  world = await SmallLedger.open()
  await world.found({ dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0 })
  await world.send(await world.records.priceList('prices', RULES), world.records.deposit('payer', 1_000n))
  await world.runEpoch()
  server = await open(signerOf('operator'))
})
afterEach(async () => {
  await server.close()
  world.close()
})

interface Quoted {
  readonly quoteId: string
  readonly fee: string
  readonly expiresMs: string
  readonly signature: string
  readonly payer: string
}

const get = (query: string, at = server) => fetch(`${at.url}/v1/quote${query}`)
const UNITS = 'units=calls%3D1&units=tokens%3D10'
async function quoted(query: string): Promise<Quoted> {
  const answer = await get(query)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Quoted
}

function use(id: string, { quoteId, fee, expiresMs, signature }: Quoted) {
  return recordInference({
    ...{
      source: SOURCES.gateway,
      id,
      model: 'reader',
      infrastructure: 'gateway',
      payer: addressOf('payer'),
      token: TOKEN,
    },
    ...{ fee: BigInt(fee), voucher: 1n, priceList: 'prices', units: { calls: 1n, tokens: 10n } },
    quote: { quoteId: fromHex(quoteId), expiresMs: BigInt(expiresMs), signature: fromHex(signature) },
    ...{ input: Buffer.from('a question'), output: Buffer.from('an answer') },
  }).record
}

const UNPRICED: readonly [query: string, status: number, code: string, part: string][] = [
  ['', 400, 'MALFORMED', 'model'],
  ['?model=reader', 400, 'MALFORMED', 'units'],
  [`?model=&${UNITS}`, 400, 'MALFORMED', 'model'],
  ['?model=reader&units=calls', 400, 'MALFORMED', 'units'],
  ['?model=reader&units=calls%3D-1', 400, 'MALFORMED', 'units'],
  ['?model=reader&units=calls%3D1&units=calls%3D2', 400, 'MALFORMED', 'twice'],
  ['?model=reader&units=calls%3D9999999999999999', 400, 'MALFORMED', 'quantity'],
  [`?model=reader${'&units=a%3D1'.repeat(33)}`, 400, 'MALFORMED', 'units'],
  [`?model=reader&${UNITS}&payer=0x12`, 400, 'MALFORMED', 'payer'],
  [`?model=reader&${UNITS}&commercial=yes`, 400, 'MALFORMED', 'commercial'],
  [`?model=reader&${UNITS}&validMs=3600001`, 400, 'MALFORMED', 'validMs'],
  [`?model=reader&${UNITS}&validMs=0`, 400, 'MALFORMED', 'validMs'],
  [`?model=reader&${UNITS}&key=0x00`, 400, 'MALFORMED', 'key'],
  [`?model=reader&model=writer&${UNITS}`, 400, 'MALFORMED', 'model'],
  [`?model=nobody&${UNITS}`, 404, 'MODEL_UNKNOWN', 'nobody'],
  [`?model=gateway&${UNITS}`, 404, 'MODEL_UNKNOWN', 'infrastructure'],
  [`?model=reader&${UNITS}&token=${OTHER_TOKEN}`, 404, 'NO_PRICE_LIST', OTHER_TOKEN],
  ['?model=reader&units=images%3D1', 422, 'NO_PRICE', 'images'],
  ['?model=reader&units=__proto__%3D1', 422, 'NO_PRICE', '__proto__'],
]

describe('GET /v1/quote', () => {
  test('is a price that a use cites and pays, once, until it expires; altered it is refused', async () => {
    const own = await quoted(`?model=reader&${UNITS}&payer=${addressOf('payer')}`)
    expect(own).toEqual({
      ...{
        model: 'reader',
        payer: addressOf('payer'),
        token: TOKEN,
        fee: '25',
        priceList: 'prices',
        commercial: false,
      },
      ...{ units: { calls: '1', tokens: '10' }, expiresMs: `${world.nowMs + 600_000n}` },
      quoteId: expect.stringMatching(/^0x[0-9a-f]{32}$/),
      signature: expect.stringMatching(/^0x[0-9a-f]{130}$/),
    })
    const short = await quoted(`?model=reader&${UNITS}&validMs=1`)
    const [accepted, again, cheaper, longer, late] = await world.send(
      use('own', own),
      use('again', own),
      use('cheaper', { ...own, fee: '24' }),
      use('longer', { ...own, expiresMs: `${BigInt(own.expiresMs) + 1n}` }),
      use('late', short),
    )
    const manifest = await world.runEpoch()
    expect(await Promise.all([accepted, again, cheaper, longer, late].map((each) => world.outcomeOf(each!)))).toEqual([
      ...['accepted', 'QUOTE_USED', 'QUOTE_USED', 'QUOTE_USED', 'QUOTE_EXPIRED'],
    ])
    expect(manifest.conservation[0]).toMatchObject({ funded: '25' })
    const other = await quoted(`?model=reader&${UNITS}`)
    const altered = await world.send(
      use('cheaper still', { ...other, fee: '1' }),
      use('much longer', { ...other, expiresMs: `${BigInt(other.expiresMs) * 2n}` }),
      use('good', other),
    )
    await world.runEpoch()
    expect(await Promise.all(altered.map((each) => world.outcomeOf(each)))).toEqual([
      ...['QUOTE_INVALID', 'QUOTE_INVALID', 'accepted'],
    ])
    expect((await world.audit()).firstDifference).toBeUndefined()
  })

  test('is never cached, and never the same twice', async () => {
    const answers = await Promise.all([get(`?model=reader&${UNITS}`), get(`?model=reader&${UNITS}`)])
    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store')
    const [one, other] = (await Promise.all(answers.map((answer) => answer.json()))) as Quoted[]
    expect(one!.quoteId).not.toBe(other!.quoteId)
  })

  test('knows the use, the list, the token and the volume tier of a payer', async () => {
    const commercial = await quoted('?model=reader&units=calls%3D2&commercial=true&priceList=prices')
    expect(commercial).toMatchObject({ fee: '18', commercial: true })
    const first = await quoted(`?model=reader&${UNITS}&payer=${addressOf('payer')}`)
    await world.send(use('first', first))
    await world.runEpoch()
    expect((await quoted(`?model=reader&${UNITS}&payer=${addressOf('payer')}`)).fee).toBe('15')
    expect((await quoted(`?model=reader&${UNITS}`)).fee).toBe('25')
  })

  test('what cannot be priced is answered with a problem that says why', async () => {
    for (const [query, status, code, part] of UNPRICED) {
      const answer = await get(query)
      const type = answer.headers.get('content-type')
      expect([query, answer.status, type]).toEqual([query, status, expect.stringContaining('application/problem+json')])
      const problem = (await answer.json()) as { detail: string }
      const named = { title: expect.any(String), type: expect.stringMatching(/^urn:tallystick:problem:/) }
      expect(problem).toMatchObject({ status, code, ...named })
      expect(problem.detail).toContain(part)
    }
    expect(errors).toEqual([])
  })

  test('without the operator’s key there are none, and it says so', async () => {
    const keyless = await open(undefined)
    try {
      const answer = await get(`?model=reader&${UNITS}`, keyless)
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({
        code: 'NOT_SIGNING',
        detail: expect.stringContaining('OPERATOR_KEY'),
      })
    } finally {
      await keyless.close()
    }
  })

  test('of too many at once some are answered 429 and when to ask again; uploads have a limit of their own', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => get(`?model=reader&${UNITS}`)))
    const statuses = new Set(answers.map(({ status }) => status))
    expect([...statuses].sort()).toEqual([200, 429])
    const refused = answers.find(({ status }) => status === 429)!
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ code: 'BUSY' })
    expect((await get(`?model=reader&${UNITS}`)).status).toBe(200)
    const upload = await fetch(`${server.url}/v1/records`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect([upload.status, await upload.json()]).toEqual([
      400,
      { error: expect.objectContaining({ code: 'MALFORMED' }) },
    ])
  })

  test('what goes wrong here is no promise, is told to the operator, and tells the asker nothing of it', async () => {
    const failing = {
      all: () => Promise.reject(new Error('a secret path')),
    } as unknown as typeof world.ledger.warehouse
    const broken = await open(signerOf('operator'), { ...world.ledger, warehouse: failing })
    try {
      const answer = await get(`?model=reader&${UNITS}`, broken)
      expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('secret')])
      expect(errors).toHaveLength(1)
    } finally {
      await broken.close()
    }
  })
})
