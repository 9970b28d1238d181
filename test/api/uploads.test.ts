import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { canonicalJson } from '../../anchor/canonical-json.ts'
import { contentHash } from '../../anchor/log/content-hash.ts'
import { encodeEntry } from '../../anchor/log/entry.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { signUpload, signUploadReceipt } from '../../anchor/uploads/sign.ts'
import { openUploadServer, type UploadServer } from '../../api/upload-server.ts'
import { checkUpload, verifyOmission } from '../../audit/index.ts'
import { readUploadReceipt, sendRecords, signerOfUploadReceipt, type UploadReceipt } from '../../client/src/index.ts'
import { registeredSource } from '../../jobs/registered-source.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { SourceUnavailableError } from '../../pipelines/record-source-errors.ts'
import { toHex } from '../../schemas/ids.ts'
import { encodeHeaders } from '../../schemas/record-bytes.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { accountOf, addressOf, GENESIS, type Name, signerOf } from '../support/ledger/cast.ts'
import { FOUNDING_VOUCHERS, SmallLedger } from '../support/ledger/small-ledger.ts'

const SHOP = 'urn:shop'
const LEAVES = 'public/leaves.parquet'
const RECORDS = 'restricted/records.parquet'

let world: SmallLedger
let server: UploadServer
/** Set by a test: what the log answers in place of appending. */
let failing: (() => Promise<never>) | undefined
beforeEach(async () => {
  world = await SmallLedger.open()
  await world.found()
  const { records } = world
  await world.send(await records.source(SHOP, ['InferenceRecorded'], { body: { key: accountOf('host') } }))
  await world.runEpoch()
  failing = undefined
  server = await openUploadServer({
    genesis: GENESIS,
    ledgerId: world.ledger.ledgerId,
    operator: signerOf('operator'),
    sink: {
      append: (batch) => (failing === undefined ? world.log.append(batch) : failing()),
      close: async () => undefined,
    },
    sourceOf: (source) => registeredSource(world.ledger.warehouse, source),
    port: 0,
  })
})
afterEach(async () => {
  await server.close()
  world.close()
})

function use(id: string, source = SHOP) {
  return world.records.inference(id, 10n, { source, id })
}

function send(records: readonly ReturnType<typeof use>[], signer: Name = 'host', source = SHOP) {
  return sendRecords({ url: server.url, genesis: GENESIS, source, signer: signerOf(signer), records })
}

/** What was uploaded to the topic: what the log holds of it, over all partitions, without the founding's vouchers. */
async function inLog(topic: string = TOPICS.inferences): Promise<bigint> {
  const founding = topic === TOPICS.inferences ? BigInt(FOUNDING_VOUCHERS) : 0n
  return (await world.log.partitions([topic])).reduce((sum, { endOffset }) => sum + endOffset, -founding)
}

describe('an upload', () => {
  test('is answered with the operator’s signature over where its records lie, once they do; they are accepted', async () => {
    const records = [use('a'), use('b'), use('c')]
    const receipt = await send(records)
    expect(await signerOfUploadReceipt(receipt)).toBe(addressOf('operator'))
    expect(receipt.items.map(({ content }) => content)).toEqual(records.map((record) => toHex(contentHash(record))))
    expect(await inLog()).toBe(3n)
    await world.runEpoch()
    for (const { topic, partition, offset } of receipt.items)
      expect(await world.outcomeOf({ topic, partition, offset: BigInt(offset) })).toBe('accepted')
  })

  test('sent again, as after an answer that was lost, counts once', async () => {
    await send([use('a')])
    const again = await send([use('a')])
    await world.runEpoch()
    const { topic, partition, offset } = again.items[0]!
    expect(await world.outcomeOf({ topic, partition, offset: BigInt(offset) })).toBe('duplicate')
  })

  test('is tried again while the log is away, and gives no receipt for what was not written', async () => {
    let failures = 2
    failing = async () => {
      if (--failures === 0) failing = undefined
      throw new SourceUnavailableError({ source: 'a test' }, new Error('away'))
    }
    expect((await send([use('a')])).items).toHaveLength(1)
    expect(await inLog()).toBe(1n)
  })

  test.each([
    ['of a source that nobody registered', 'urn:nobody', 'host', 'SOURCE_UNKNOWN'],
    ['by another key than the source’s', SHOP, 'stranger', 'SIGNATURE_INVALID'],
    ['by the operator in the name of a source', SHOP, 'operator', 'SIGNATURE_INVALID'],
  ] as const)('%s is refused, and nothing is written', async (_, source, signer, code) => {
    await expect(send([use('a', source)], signer, source)).rejects.toMatchObject({
      code: 'UPLOAD_REFUSED',
      facts: { status: 403, error: expect.stringContaining(code) },
    })
    expect(await inLog()).toBe(0n)
  })

  test.each([
    [
      'an event of another source: nobody uses up somebody else’s ids',
      () => use('a', 'urn:gateway'),
      'SOURCE_MISMATCH',
    ],
    [
      'a type that the source may not send',
      () => world.records.deposit('payer', 1n, { source: SHOP }),
      'TYPE_NOT_PERMITTED',
    ],
    ['bytes that ingest would reject', () => ({ ...use('a'), value: Buffer.from('junk') }), 'WIRE_FORMAT_INVALID'],
    ['a topic that is written by the pipeline alone', () => ({ ...use('a'), topic: TOPICS.epochs }), 'TOPIC_MISMATCH'],
  ] as const)('with %s is refused whole, and named', async (_, make, reason) => {
    await expect(send([use('good'), make() as ReturnType<typeof use>])).rejects.toMatchObject({
      code: 'UPLOAD_REFUSED',
      facts: { status: 422, error: expect.stringMatching(new RegExp(`"index":1,"reason":"${reason}"`)) },
    })
    expect(await inLog()).toBe(0n)
    expect(await inLog(TOPICS.epochs)).toBe(1n)
  })

  test('whose signature is of other records is refused', async () => {
    const signature = await signUpload(world.ledger.ledgerId, signerOf('host'), SHOP, [contentHash(use('other'))])
    const answer = await post(
      JSON.stringify({ source: SHOP, signature: toHex(signature), records: [toJson(use('a'))] }),
    )
    expect(answer.status).toBe(403)
    expect(await inLog()).toBe(0n)
  })

  test.each([
    ['no JSON', '{'],
    ['another shape', '{"records":[]}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['polluting keys', '{"__proto__":{"source":"x"},"source":"x","signature":"0x","records":[]}'],
    [
      'too many records',
      JSON.stringify({ source: SHOP, signature: `0x${'00'.repeat(65)}`, records: new Array(1_001).fill({}) }),
    ],
    [
      'a name that is no Unicode',
      JSON.stringify({
        source: SHOP,
        signature: `0x${'00'.repeat(65)}`,
        records: [{ topic: 't', key: null, headers: [['\ud800', null]], value: '' }],
      }),
    ],
  ])('that is %s gets a 400, and the server lives', async (_, body) => {
    expect((await post(body)).status).toBe(400)
    expect((await send([use('a')])).items).toHaveLength(1)
  })

  test('larger than the limit gets a 413', async () => {
    const body = JSON.stringify({ source: 'x'.repeat(9 * 2 ** 20) })
    // The server may close the connection before everything was sent.
    const status = await post(body).then(
      (answer) => answer.status,
      () => 413,
    )
    expect(status).toBe(413)
    expect((await send([use('a')])).items).toHaveLength(1)
  })

  test('more at once than fit get a 429 and are sent again by the client: all arrive once', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const append = world.log.append.bind(world.log)
    world.log.append = async (records: readonly NewRecord[]) => {
      await gate
      return append(records)
    }
    const uploads = Array.from({ length: 24 }, (_, index) => send([use(`${index}`)]))
    const statuses = new Set<number>()
    while (!statuses.has(429)) statuses.add((await post('{}')).status)
    release()
    expect(await Promise.all(uploads)).toHaveLength(24)
    expect(await inLog()).toBe(24n)
  })
})

describe('an upload receipt', () => {
  async function included(): Promise<UploadReceipt> {
    const receipt = await send([use('a'), use('b')])
    await world.runEpoch()
    return receipt
  }
  const verdicts = (checked: { items: readonly { verdict: string }[] }) => checked.items.map(({ verdict }) => verdict)
  /** The operator’s word for a record that is not where it says. */
  const lie = (change: Partial<{ incarnation: number; partition: number; offset: bigint; content: Uint8Array }>) =>
    signUploadReceipt(GENESIS, signerOf('operator'), [
      { incarnation: 0, topic: TOPICS.inferences, partition: 0, offset: 0n, content: contentHash(use('a')), ...change },
    ])

  test('alone shows who signed; with the bundles it is found in the ledger', async () => {
    const receipt = await included()
    expect(await checkUpload(receipt)).toMatchObject({ ok: true, signed: true, chain: 'not checked' })
    const checked = await checkUpload(Buffer.from(JSON.stringify(receipt)), { bundles: world.bundles })
    expect(checked).toMatchObject({ ok: true, fault: null })
    expect(verdicts(checked)).toEqual(['included', 'included'])
    expect(checked.items[0]).toMatchObject({ epoch: 2, detail: expect.stringContaining('accepted') })
  })

  test('for a place that no epoch reaches is not an omission yet', async () => {
    const receipt = await send([use('a')])
    expect(verdicts(await checkUpload(receipt, { bundles: world.bundles }))).toEqual(['not yet'])
  })

  test('proves the omission when the ledger has another record there', async () => {
    await included()
    const places = (await world.log.partitions([TOPICS.inferences])).filter(({ endOffset }) => endOffset > 0n)
    const { partition } = places[0]!
    const checked = await checkUpload(await lie({ partition, content: contentHash(use('never sent')) }), {
      bundles: world.bundles,
    })
    expect(checked).toMatchObject({ ok: false, signed: true })
    expect(verdicts(checked)).toEqual(['omitted'])
    const proven = await verifyOmission(JSON.parse(JSON.stringify(checked.evidence)))
    expect(proven).toMatchObject({ ok: true, vouched: 'nobody', epoch: checked.items[0]!.epoch })
  })

  test('proves the omission when the ledger says that there is nothing', async () => {
    world.log.hide(TOPICS.inferences, 0, 1)
    await world.send({ ...use('later'), partition: 0 })
    await world.runEpoch()
    const checked = await checkUpload(await lie({ offset: 0n }), { bundles: world.bundles })
    expect(verdicts(checked)).toEqual(['omitted'])
    expect(checked.items[0]!.detail).toContain('no record at this place')
    expect(checked.evidence).toMatchObject({ leaf: null })
    expect(await verifyOmission(JSON.parse(JSON.stringify(checked.evidence)))).toMatchObject({ ok: true })
  })

  test('signed by somebody else, or changed by one digit, proves nothing', async () => {
    const receipt = await included()
    const other = await signUploadReceipt(GENESIS, signerOf('stranger'), [])
    const item = { ...receipt.items[0]!, offset: String(BigInt(receipt.items[0]!.offset) + 1n) }
    const changed = { ...receipt, items: [item, receipt.items[1]!] }
    const founded = { ...receipt, genesis: { ...receipt.genesis, operator: addressOf('stranger') } }
    for (const forged of [{ ...receipt, signature: other.signature }, changed, founded])
      expect(await checkUpload(forged, { bundles: world.bundles })).toMatchObject({ ok: false, signed: false })
  })

  test('of another ledger does not accuse this one', async () => {
    await included()
    const genesis = { ...GENESIS, name: 'another' }
    const item = { incarnation: 0, topic: TOPICS.inferences, partition: 0, offset: 0n, content: contentHash(use('x')) }
    const receipt = await signUploadReceipt(genesis, signerOf('operator'), [item])
    const checked = await checkUpload(receipt, { bundles: world.bundles })
    expect(checked).toMatchObject({
      ok: false,
      signed: true,
      fault: expect.stringMatching(/epoch-000001 ledger: expected /),
    })
    expect(verdicts(checked)).toEqual(['not decided'])
  })

  test('that names a later incarnation than the ledger has blames nobody, and the client takes no such receipt', async () => {
    const receipt = await included()
    const [item] = receipt.items
    const place = { partition: item!.partition, offset: BigInt(item!.offset) }
    const other = await lie({ ...place, incarnation: 1 })
    const checked = await checkUpload(other, { bundles: world.bundles })
    expect(verdicts(checked)).toEqual(['not yet'])
    expect(checked).toMatchObject({ ok: true, fault: null, evidence: null })
    const dishonest = createServer((_, response) => response.writeHead(202).end(JSON.stringify(other)))
    await new Promise<void>((resolve) => dishonest.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(dishonest.address() as AddressInfo).port}`
      const sent = sendRecords({ url, genesis: GENESIS, source: SHOP, signer: signerOf('host'), records: [use('a')] })
      await expect(sent).rejects.toMatchObject({
        code: 'RECEIPT_MISMATCH',
        facts: { what: 'item 0 has incarnation 1' },
      })
    } finally {
      dishonest.close()
    }
  })

  describe('against files that are not those of the manifest', () => {
    let receipt: UploadReceipt
    /** SQL that finds the record of the first item. */
    let isIt: string
    let leafIndex: bigint
    beforeEach(async () => {
      receipt = await included()
      const { topic, partition, offset } = receipt.items[0]!
      isIt = `(topic = '${topic}' AND partition_id = ${partition} AND record_offset = ${offset})`
      const row = await world.ledger.warehouse.one<{ leaf_index: bigint }>(
        `SELECT o.leaf_index FROM outcome AS o JOIN record AS r USING (rid) WHERE ${isIt}`,
      )
      leafIndex = row!.leaf_index
    })
    const check = (document: unknown, bundles = world.bundles) => checkUpload(document, { bundles })
    const decidesNothing = async (document: unknown, fault: string) => {
      const checked = await check(document)
      expect(checked).toMatchObject({ ok: false, fault: expect.stringContaining(fault) })
      expect(new Set(verdicts(checked))).toEqual(new Set(['not decided']))
    }

    test('a record that was taken out is a broken bundle, no omission', async () => {
      await rewrite(world.bundle(2), RECORDS, (table) => `SELECT * FROM ${table} WHERE NOT ${isIt}`)
      await decidesNothing(receipt, 'holes')
    })

    test.each([1, 2])('leaves of epoch %i that were changed are a broken bundle, no omission', async (epoch) => {
      const forged = 'SELECT leaf_index, unhex(sha256(leaf_hash)) AS leaf_hash'
      await rewrite(world.bundle(epoch), LEAVES, (table) => `${forged} FROM ${table} ORDER BY leaf_index`)
      await decidesNothing(receipt, 'tree.root')
    })

    test('an outcome that was changed is a broken bundle', async () => {
      const change = `CASE WHEN ${isIt} THEN 1::INTEGER ELSE outcome END AS outcome`
      await rewrite(world.bundle(2), RECORDS, (table) => `SELECT * REPLACE (${change}) FROM ${table}`)
      await decidesNothing(receipt, 'leaf_hash')
    })

    test('a record that was never in the ledger, written in with its leaf, is not included', async () => {
      const victim = use('never')
      const { partition, offset } = receipt.items[0]!
      const place = { topic: TOPICS.inferences, partition, offset: BigInt(offset) }
      const row = await world.ledger.warehouse.one<{ effective_ms: bigint }>(
        `SELECT effective_ms FROM record WHERE ${isIt}`,
      )
      const leaf = leafHash(
        encodeEntry({
          incarnation: 0,
          ...place,
          effectiveTimeMs: row!.effective_ms,
          outcome: 'accepted',
          reason: 0,
          content: contentHash(victim),
        }),
      )
      const blob = (bytes: Uint8Array) => `unhex('${Buffer.from(bytes).toString('hex')}')`
      const instead = (column: string, value: string) =>
        `CASE WHEN ${isIt} THEN ${value} ELSE ${column} END AS ${column}`
      const forged = [
        instead('record_key', blob(victim.key!)),
        instead('headers', blob(encodeHeaders(victim.headers))),
        instead('record_value', blob(victim.value!)),
      ]
      await rewrite(world.bundle(2), RECORDS, (table) => `SELECT * REPLACE (${forged.join()}) FROM ${table}`)
      const hash = `CASE WHEN leaf_index = ${leafIndex} THEN ${blob(leaf)} ELSE leaf_hash END AS leaf_hash`
      await rewrite(world.bundle(2), LEAVES, (table) => `SELECT leaf_index, ${hash} FROM ${table} ORDER BY leaf_index`)
      await decidesNothing(await lie({ ...place, content: contentHash(victim) }), 'tree.root')
    })

    test('without the epochs before, or without its records, nothing is decided, and it says what is missing', async () => {
      const alone = await check(receipt, world.bundle(2))
      expect(verdicts(alone)).toEqual(['not decided', 'not decided'])
      expect(alone.items[0]!.detail).toContain('not all epochs before it')
      rmSync(join(world.bundle(2), 'restricted'), { recursive: true })
      const withoutRecords = await check(receipt)
      expect(verdicts(withoutRecords)).toEqual(['not decided', 'not decided'])
      expect(withoutRecords.items[0]!.detail).toContain('records were not given')
    })

    test('a hole of the manifest decides without them', async () => {
      const { partition } = receipt.items[0]!
      const end = (await world.log.partitions([TOPICS.inferences])).find((each) => each.partition === partition)!
      world.log.hide(TOPICS.inferences, partition, 1)
      await world.send({ ...use('later'), partition })
      await world.runEpoch()
      rmSync(join(world.bundle(3), 'restricted'), { recursive: true })
      const checked = await check(await lie({ partition, offset: end.endOffset }), world.bundle(3))
      expect(checked).toMatchObject({ ok: false, fault: null })
      expect(verdicts(checked)).toEqual(['omitted'])
    })
  })

  test.each([
    ['bytes that are no JSON', Buffer.from('no')],
    ['no object', null],
    ['another format', { format: 'tallystick-receipt/1' }],
    ['an offset beyond 64 bits', { offset: '99999999999999999999' }],
  ])('that is %s is no receipt', async (_, value) => {
    await expect(checkUpload(value)).rejects.toMatchObject({ code: 'INVALID_UPLOAD_RECEIPT' })
    expect(() => readUploadReceipt(value)).toThrow('no upload receipt')
  })
})

/** As somebody does who forges a bundle: the file, and its hash in files.json. */
async function rewrite(bundle: string, path: string, select: (table: string) => string): Promise<void> {
  const file = join(bundle, path)
  const { warehouse } = world.ledger
  await warehouse.run(`COPY (${select(`read_parquet('${file}')`)}) TO '${file}.new' (FORMAT parquet)`)
  renameSync(`${file}.new`, file)
  const bytes = readFileSync(file)
  const listing = JSON.parse(readFileSync(join(bundle, 'files.json'), 'utf8'))
  listing.files[path] = { bytes: bytes.length, sha256: toHex(createHash('sha256').update(bytes).digest()) }
  writeFileSync(join(bundle, 'files.json'), canonicalJson(listing))
}

function toJson({ topic, key, headers, value }: ReturnType<typeof use>) {
  const base64 = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('base64'))
  return {
    topic,
    key: base64(key),
    headers: headers.map(([name, bytes]) => [name, base64(bytes)]),
    value: base64(value),
  }
}

function post(body: string): Promise<Response> {
  return fetch(`${server.url}/v1/records`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}
