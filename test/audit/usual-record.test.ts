import { describe, expect, test } from '@jest/globals'
import { BodyArena } from '../../audit/records/body-arena.ts'
import { FeaturesBody } from '../../audit/records/features-body.ts'
import { idKey, KeyWriter } from '../../audit/records/id-table.ts'
import { addresses, asciiTexts } from '../../audit/records/text-table.ts'
import { UseBody } from '../../audit/records/use-body.ts'
import { type RecordPlaces, UsualRecord } from '../../audit/records/usual-record.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import { decodeHeaders, encodeHeaders, HeaderBytesError } from '../../schemas/record-bytes.ts'
import { unitsOf } from '../../schemas/units.ts'
import { GENESIS } from '../support/ledger/cast.ts'
import { featuresOf, type Random, randomOf } from '../support/ledger/random-features.ts'
import { Records } from '../support/ledger/records.ts'
import { runs } from '../support/random-runs.ts'

const { seed, numRuns } = runs(20_000)
const records = new Records(Buffer.from(GENESIS.distributor.slice(2), 'hex'))

/** Headers and value behind each other, as the audit lays them out. */
function placesOf(headers: Buffer, value: Uint8Array): RecordPlaces {
  const bytes = Buffer.concat([headers, value])
  const headersEnd = headers.length
  return { bytes, headersAt: 0, headersEnd, valueAt: headersEnd, valueEnd: bytes.length }
}

function someRecord(random: Random, n: number): OutgoingRecord {
  const shape = { rank: random(40), classes: 1 + random(12), checkpoints: random(3) }
  if (shape.classes === 1) shape.classes = 2
  const features = featuresOf(random, shape, random(shape.classes), random(shape.classes))
  const kind = random(3)
  const id = `id ${n}${'x'.repeat(random(100))}`
  const fee = [0n, 1n, 250n, (1n << 96n) - 1n, 1n << 95n][random(5)]!
  if (kind === 0) return records.inference(id, fee, { body: someTerms(random) })
  if (kind === 1) return records.itemFeatures('batch', random(1_000), features, `content ${n}`, { id })
  return records.inferenceFeatures(`use ${n}`, features, { id, body: { p16: random(65_536) } })
}

/** What a use says of its agent and its price, now and then with numbers at the limit of what is usual. */
function someTerms(random: Random): Partial<EventBodies['InferenceRecorded']> {
  const long = () => [0n, 1n, 63n, 64n, BigInt(random(2 ** 30)) << 20n, (1n << 53n) - 1n][random(6)]!
  const quantities = Object.fromEntries(Array.from({ length: random(5) }, () => [`unit ${random(100)}`, long()]))
  const isQuoted = random(3) === 0
  return {
    agent: ['', 'reader-bot', 'x'.repeat(256)][random(3)]!,
    commercial: random(2) === 0,
    voucher: long(),
    priceList: ['', 'prices/1'][random(2)]!,
    units: unitsOf(quantities),
    quoteId: Buffer.alloc(isQuoted ? 16 : 0, random(256)),
    quoteExpiresMs: isQuoted ? long() : 0n,
    quoteSignature: Buffer.alloc(isQuoted ? 65 : 0, random(256)),
  }
}

/** What decodeRecord says, and undefined of headers that are none. */
function decoded(record: OutgoingRecord, { bytes, headersEnd, valueAt }: RecordPlaces) {
  try {
    const headers = decodeHeaders(bytes.subarray(0, headersEnd))
    return decodeRecord({ topic: record.topic, key: null, headers, value: bytes.subarray(valueAt) })
  } catch (error) {
    if (error instanceof HeaderBytesError) return undefined
    throw error
  }
}

/** The body that is kept of a record, as bytes, by each of the two ways. */
function bodies(usual: UsualRecord, event: Extract<ReturnType<typeof decodeRecord>, { outcome: 'decoded' }>['event']) {
  const [names, accounts] = [asciiTexts(), addresses()]
  const texts = { names, accounts }
  const keys = new KeyWriter()
  const keep = (add: (uses: UseBody, features: FeaturesBody) => number) => {
    const arena = new BodyArena()
    const place = add(new UseBody(arena), new FeaturesBody(arena))
    return Buffer.from(arena.slabOf(place).subarray(0, 4_096)).toString('hex')
  }
  const isUse = usual.type === 'InferenceRecorded'
  const quick = keep((uses, features) => (isUse ? uses.addUsual(usual, texts) : features.addUsual(usual, texts, keys)))
  const slow = keep((uses, features) => {
    if (event.type === 'InferenceRecorded') return uses.add(event.body, texts)
    if (event.type === 'ContributionFeatures') return features.addContribution(event.body, texts, keys)
    if (event.type === 'InferenceFeatures') return features.addInference(event.body, texts, keys)
    throw new RangeError(event.type)
  })
  return { quick, slow }
}

describe('a usual record, read by its bytes alone', () => {
  test('is one that decodeRecord reads, with the same source, id and fields; damaged ones too', () => {
    const random = randomOf(seed)
    const usual = new UsualRecord()
    let [untouched, usualOnes] = [0, 0]
    for (let n = 0; n < numRuns; n++) {
      const record = someRecord(random, n)
      const places = placesOf(encodeHeaders(record.headers), record.value!)
      const damages = random(3)
      for (let i = 0; i < damages; i++) places.bytes[random(places.bytes.length)] = random(256)
      const isUsual = usual.read(record.topic, places)
      if (damages === 0) untouched++
      if (damages === 0 && isUsual) usualOnes++
      if (!isUsual) continue
      const found = decoded(record, places)
      if (found?.outcome !== 'decoded') throw new RangeError(`run ${n}: usual, and ${found?.outcome}`)
      const { event } = found
      const text = ({ bytes, start, end }: { bytes: Buffer; start: number; end: number }) =>
        bytes.toString('utf8', start, end)
      expect([n, usual.type, text(usual.source), text(usual.id)]).toEqual([n, event.type, event.source, event.id])
      const { quick, slow } = bodies(usual, event)
      if (quick !== slow) expect([n, quick]).toEqual([n, slow])
    }
    // Not the rule's own blindness: what producers send is usual.
    expect(usualOnes).toBe(untouched)
  })

  test('is none with a number beyond what a double counts, and what is kept of such a use is the same number', () => {
    for (const voucher of [1n << 53n, 1n << 54n, (1n << 63n) - 1n]) {
      const record = records.inference('beyond', 1n, { body: { voucher } })
      const places = placesOf(encodeHeaders(record.headers), record.value!)
      expect(new UsualRecord().read(record.topic, places)).toBe(false)
      const found = decoded(record, places)
      if (found?.outcome !== 'decoded' || found.event.type !== 'InferenceRecorded') throw new RangeError(`${voucher}`)
      const uses = new UseBody(new BodyArena())
      const place = uses.add(found.event.body, { names: asciiTexts(), accounts: addresses() })
      expect(uses.voucher(place)).toBe(voucher)
    }
  })

  test('gives back what was retrieved for a use, behind its units and before its quote', () => {
    const random = randomOf(seed)
    for (let n = 0; n < 100; n++) {
      const retrieved = Array.from({ length: random(65) }, (_, index) => ({
        ...{ batchSource: 'urn:portal', batchId: `batch ${random(5)}`, index },
        score: random(1_000_001),
      }))
      const record = records.inference(`use ${n}`, 250n, { body: { ...someTerms(random), retrieved } })
      const places = placesOf(encodeHeaders(record.headers), record.value!)
      const found = decoded(record, places)
      if (found?.outcome !== 'decoded' || found.event.type !== 'InferenceRecorded') throw new RangeError(`use ${n}`)
      expect(new UsualRecord().read(record.topic, places)).toBe(retrieved.length === 0)
      const texts = { names: asciiTexts(), accounts: addresses() }
      const uses = new UseBody(new BodyArena())
      const place = uses.add(found.event.body, texts)
      expect(uses.retrieved(place)).toEqual(
        retrieved.map(({ batchSource, batchId, index, score }) => ({
          batch: idKey(batchSource, batchId),
          index,
          score,
        })),
      )
      const { units, quoteId } = uses.terms(place, texts)
      expect(units).toEqual(found.event.body.units)
      expect(toHex(quoteId)).toBe(toHex(found.event.body.quoteId))
    }
  })

  test('gives back the price terms of a use as they were said, by either way', () => {
    const random = randomOf(seed)
    const usual = new UsualRecord()
    for (let n = 0; n < 500; n++) {
      const record = records.inference(`use ${n}`, 250n, { body: someTerms(random) })
      const places = placesOf(encodeHeaders(record.headers), record.value!)
      const found = decoded(record, places)
      if (found?.outcome !== 'decoded' || found.event.type !== 'InferenceRecorded') throw new RangeError(`use ${n}`)
      const {
        infrastructure,
        agent,
        voucher,
        inputHash: _in,
        outputHash: _out,
        retrieved: _none,
        ...terms
      } = found.event.body
      expect(usual.read(record.topic, places)).toBe(true)
      const texts = { names: asciiTexts(), accounts: addresses() }
      const uses = new UseBody(new BodyArena())
      const plain = (said: object) =>
        JSON.stringify(said, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
      for (const place of [uses.addUsual(usual, texts), uses.add(found.event.body, texts)]) {
        const kept = uses.terms(place, texts)
        const bytes = (said: typeof kept) => ({
          ...said,
          ...{ payer: toHex(said.payer), token: toHex(said.token) },
          ...{ quoteId: toHex(said.quoteId), quoteSignature: toHex(said.quoteSignature) },
        })
        expect(plain(bytes(kept))).toBe(plain(bytes({ ...kept, ...terms })))
        expect(texts.names.textOf(uses.agent(place))).toBe(agent)
        expect(texts.names.textOf(uses.infrastructure(place))).toBe(infrastructure)
        expect(uses.voucher(place)).toBe(voucher)
      }
    }
  })
})
