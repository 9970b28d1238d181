import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { hashDomain, hashTypedData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type CanonicalJson, canonicalJson } from '../../anchor/canonical-json.ts'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { outcomeTypedData, stepTypedData } from '../../anchor/signatures/agent-typed-data.ts'
import { derivationTypedData } from '../../anchor/signatures/derivation.ts'
import { openingTypedData, resolutionTypedData } from '../../anchor/signatures/dispute-typed-data.ts'
import { type Quote, quoteTypedData, signerOfQuote, signQuote } from '../../anchor/signatures/quote.ts'
import {
  recoverSigner,
  recoverTypedData,
  type SignedEvent,
  signEvent,
  signingDigest,
} from '../../anchor/signatures/signer.ts'
import {
  batchTypedData,
  registryTypedData,
  voucherTypedData,
  withdrawalTypedData,
} from '../../anchor/signatures/typed-data.ts'
import { commit } from '../../client/src/commit.ts'
import { contribute } from '../../client/src/contribute.ts'
import { decideDispute, openDispute } from '../../client/src/dispute.ts'
import { grantLicence, type LicenceUse, revokeLicence } from '../../client/src/license.ts'
import { publishPrices } from '../../client/src/publish-prices.ts'
import { rateOutcome } from '../../client/src/rate-outcome.ts'
import { recordStep } from '../../client/src/record-step.ts'
import { voucher } from '../../client/src/voucher.ts'
import { withdraw } from '../../client/src/withdraw.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { toGenesis } from '../../schemas/genesis.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import { readTaggedVectors } from '../vectors/tagged.ts'
import { hex, unhex } from './vectors.ts'

interface SignatureVector {
  readonly name: string
  readonly signer: 'operator' | 'contributor'
  readonly event: SignedEvent
  readonly digest: string
  readonly signature: string
  readonly contentRoot?: string
  readonly labelsRoot?: string
  readonly items?: readonly { salt: string; payload: string; label: string }[]
  readonly bodyHash?: string
  readonly commitment?: string
}

interface QuoteVector extends Omit<Quote, 'quoteId' | 'fee' | 'units' | 'expiresMs'> {
  readonly name: string
  readonly quoteId: string
  readonly fee: string
  readonly units: readonly { unit: string; quantity: string }[]
  readonly expiresMs: string
  readonly unitsHash: string
  readonly digest: string
  readonly signature: string
}

const vectors = readTaggedVectors<{
  genesis: unknown
  genesisJson: string
  ledgerId: string
  domainSeparator: string
  accounts: Record<SignatureVector['signer'], { privateKey: string; address: string }>
  cases: SignatureVector[]
  derivations: (Pick<SignatureVector, 'name' | 'signer' | 'digest' | 'signature'> & {
    child: string
    parent: string
    parts: number
    registrant: string
  })[]
  quotes: QuoteVector[]
}>('signatures.json')
const ledgerId = unhex(vectors.ledgerId)
const addressOf = (signer: SignatureVector['signer']) => `0x${vectors.accounts[signer].address}`
const accountOf = (signer: SignatureVector['signer']) => privateKeyToAccount(`0x${vectors.accounts[signer].privateKey}`)

function typedDataOf(event: SignedEvent) {
  if (event.type === 'ContributionBatch') return batchTypedData(ledgerId, event, event.body)
  if (event.type === 'ContributionWithdrawn') return withdrawalTypedData(ledgerId, event, event.body)
  if (event.type === 'VoucherPresented') return voucherTypedData(ledgerId, event.body)
  if (event.type === 'TaskOutcome') return outcomeTypedData(ledgerId, event, event.body)
  if (event.type === 'AgentStep') return stepTypedData(ledgerId, event, event.body)
  if (event.type === 'DisputeOpened') return openingTypedData(ledgerId, event, event.body)
  if (event.type === 'DisputeResolved') return resolutionTypedData(ledgerId, event, event.body)
  return registryTypedData(ledgerId, event as never, event.body as never)
}

test('the ledger’s name is the hash of its genesis', () => {
  const genesis = toGenesis(vectors.genesis)
  expect(hex(canonicalJson(genesis as unknown as CanonicalJson))).toBe(vectors.genesisJson)
  expect(hex(ledgerIdOf(genesis))).toBe(vectors.ledgerId)
  expect(genesis.operator).toBe(addressOf('operator'))
})

describe('signatures, golden vectors', () => {
  test('there is one of every type that is signed, with either parity', () => {
    const types = new Set(vectors.cases.map(({ event }) => event.type))
    expect([...types].sort()).toEqual([
      'AdjustmentOrdered',
      'AgentStep',
      'AssetRegistered',
      'AssetTransferred',
      'ContributionBatch',
      'ContributionWithdrawn',
      'DisputeOpened',
      'DisputeResolved',
      'ErasureOrdered',
      'FeatureMapPublished',
      'LicenceGranted',
      'LicenceRevoked',
      'ModelRetired',
      'OfferAccepted',
      'OfferPublished',
      'OfferWithdrawn',
      'PolicyPublished',
      'PriceListPublished',
      'SchemaRegistered',
      'SourceRegistered',
      'TaskOutcome',
      'TextMapPublished',
      'VoucherPresented',
    ])
    expect(new Set(vectors.cases.map(({ signature }) => signature.slice(-2)))).toEqual(new Set(['1b', '1c']))
  })

  test.each(vectors.cases)('$name: the typed data has this digest', ({ event, digest, ...vector }) => {
    const data = typedDataOf(event)
    const domain = [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'salt', type: 'bytes32' },
    ]
    expect(hashDomain({ domain: data.domain, types: { EIP712Domain: domain } } as never)).toBe(
      `0x${vectors.domainSeparator}`,
    )
    expect(hashTypedData(data as never)).toBe(`0x${digest}`)
    const { message } = data
    if ('bodyHash' in message) expect(message.bodyHash).toBe(`0x${vector.bodyHash}`)
    if ('contentRoot' in message)
      expect([message.contentRoot, message.labelsRoot]).toEqual([`0x${vector.contentRoot}`, `0x${vector.labelsRoot}`])
  })

  test.each(vectors.cases)('$name: the key signs with these bytes', async ({ signer, event, signature }) => {
    const { signature: _, ...body } = event.body
    const signed = await signEvent(ledgerId, accountOf(signer), { ...event, body } as never as SignedEvent)
    expect(hex(signed.body.signature)).toBe(signature)
    expect(hex(event.body.signature)).toBe(signature)
  })

  test.each(vectors.cases)('$name: recovered for this ledger alone', async ({ signer, event }) => {
    expect(await recoverSigner(ledgerId, event)).toBe(addressOf(signer))
    expect(await recoverSigner(ledgerId.with(31, ledgerId[31]! ^ 1), event)).not.toBe(addressOf(signer))
  })

  test.each(vectors.cases)('$name: with any one field changed it is somebody else’s', async ({ signer, event }) => {
    const changes = changesOf(event)
    expect(changes.length).toBeGreaterThanOrEqual(3)
    for (const { field, changed } of changes)
      expect([field, await recoverSigner(ledgerId, changed)]).not.toEqual([field, addressOf(signer)])
  })
})

test.each(vectors.derivations)('an owner agrees to a derivation of $name', async ({ digest, signature, ...vector }) => {
  const derivation = { ...vector, registrant: unhex(vector.registrant) }
  const data = derivationTypedData(ledgerId, derivation)
  expect(hashTypedData(data as never)).toBe(`0x${digest}`)
  expect(await accountOf(vector.signer).signTypedData(data as never)).toBe(`0x${signature}`)
  expect(await recoverTypedData(data, unhex(signature))).toBe(addressOf(vector.signer))
  const other = derivationTypedData(ledgerId, { ...derivation, parts: derivation.parts + 1 })
  expect(await recoverTypedData(other, unhex(signature))).not.toBe(addressOf(vector.signer))
})

test.each(vectors.cases.filter(({ items }) => items !== undefined))(
  '$name: the client makes it from payloads and salts',
  async ({ signer, event, items }) => {
    if (event.type !== 'ContributionBatch') throw new Error('Only batches have items.')
    const salts = items!.map(({ salt }) => unhex(salt))
    const { record } = await contribute({
      ledgerId,
      signer: accountOf(signer),
      source: event.source,
      id: event.id,
      dataset: event.body.dataset,
      licence: event.body.licence,
      items: items!.map(({ payload, label }) => ({ payload: unhex(payload), label })),
      randomSalt: () => salts.shift()!,
      commitmentSalt: event.body.commitmentSalt,
    })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
  },
)

test.each(vectors.cases.filter(({ commitment }) => commitment !== undefined))(
  '$name: the client commits to it, and what it keeps makes the batch',
  async ({ signer, event, items, commitment }) => {
    if (event.type !== 'ContributionBatch') throw new Error('Only batches are committed to.')
    const salts = [...items!.map(({ salt }) => unhex(salt)), event.body.commitmentSalt]
    const { source, id } = event
    const committed = commit({
      ledgerId,
      account: addressOf(signer),
      source,
      items: items!.map(({ payload, label }) => ({ payload: unhex(payload), label })),
      randomSalt: () => salts.shift()!,
    })
    const decoded = decodeRecord(committed.record)
    const body = { account: event.body.account, commitment: unhex(commitment!) }
    expect(decoded).toMatchObject({ outcome: 'decoded', event: { type: 'ContributionCommitted', source, body } })
    const { dataset, licence } = event.body
    const kept = { items: committed.items, commitmentSalt: committed.commitmentSalt }
    const { record } = await contribute({ ledgerId, signer: accountOf(signer), source, id, dataset, licence, ...kept })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
  },
)

test.each(vectors.cases.filter(({ event }) => event.type === 'ContributionWithdrawn'))(
  '$name: the client makes it, whatever the order of the indexes',
  async ({ signer, event }) => {
    if (event.type !== 'ContributionWithdrawn') throw new Error('Only withdrawals.')
    const { batchSource, batchId, indexes } = event.body
    const { record } = await withdraw({
      ledgerId,
      signer: accountOf(signer),
      source: event.source,
      id: event.id,
      batch: { source: batchSource, id: batchId },
      indexes: [...indexes, ...indexes].reverse(),
    })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
  },
)

test.each(vectors.cases.filter(({ event }) => event.type === 'VoucherPresented'))(
  '$name: the client makes it, going on from what was promised before',
  async ({ signer, event }) => {
    if (event.type !== 'VoucherPresented') throw new Error('Only vouchers.')
    const { model, token, cumulative, sequence } = event.body
    const { record, promised } = await voucher({
      ...{ ledgerId, signer: accountOf(signer), source: event.source, id: event.id, model, token: toHex(token) },
      amount: 5n,
      after: { cumulative: cumulative - 5n, sequence: sequence - 1n },
    })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
    expect(promised).toEqual({ cumulative, sequence })
  },
)

test.each(vectors.cases.filter(({ event }) => event.type === 'PriceListPublished'))(
  '$name: the client makes it, whatever the order of the prices',
  async ({ signer, event }) => {
    if (event.type !== 'PriceListPublished') throw new Error('Only price lists.')
    const { priceList, model, token, rules } = event.body
    const prices = rules.map(({ use, ...rule }) => ({ ...rule, commercial: use === 'commercial' })).reverse()
    const { record } = await publishPrices({
      ...{ ledgerId, signer: accountOf(signer), source: event.source, id: event.id },
      ...{ priceList, model, token: toHex(token), prices },
    })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
  },
)

test.each(vectors.cases.filter(({ event }) => event.type === 'TaskOutcome'))(
  '$name: the client makes it',
  async ({ signer, event }) => {
    if (event.type !== 'TaskOutcome') throw new Error('Only ratings.')
    const { inferenceSource, inferenceId, score } = event.body
    const { record } = await rateOutcome({
      ...{ ledgerId, signer: accountOf(signer), source: event.source, id: event.id },
      ...{ inference: { source: inferenceSource, id: inferenceId }, score },
    })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
  },
)

test.each(vectors.cases.filter(({ event }) => event.type === 'LicenceGranted' || event.type === 'LicenceRevoked'))(
  '$name: the client makes it, whatever the order of the uses',
  async ({ signer, event }) => {
    if (event.type !== 'LicenceGranted' && event.type !== 'LicenceRevoked') throw new Error('Only licences.')
    const { grant, asset } = event.body
    const options = { ledgerId, signer: accountOf(signer), source: event.source, id: event.id, grant, asset }
    if (event.type === 'LicenceRevoked') {
      expect(decodeRecord((await revokeLicence(options)).record)).toEqual({ outcome: 'decoded', event })
      return
    }
    const { licensee, uses, signature, registrant, ...terms } = event.body
    const named = { licensee: toHex(licensee), uses: [...uses].reverse() as LicenceUse[] }
    const { record } = await grantLicence({ ...options, ...terms, ...named })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
  },
)

test.each(vectors.cases.filter(({ event }) => event.type === 'DisputeOpened' || event.type === 'DisputeResolved'))(
  '$name: the client makes it',
  async ({ signer, event }) => {
    const envelope = { ledgerId, signer: accountOf(signer), source: event.source, id: event.id }
    if (event.type === 'DisputeResolved') {
      const { dispute, upheld, awardParts, reason } = event.body
      const { record } = await decideDispute({ ...envelope, dispute, upheld, awardParts, reason })
      expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
      return
    }
    if (event.type !== 'DisputeOpened') throw new Error('Only disputes.')
    const { dispute, epoch, account, token, kind, asset, claim, items, evidence, bond } = event.body
    const { record } = await openDispute({
      ...{ ...envelope, dispute, claim, evidence, bond },
      line: { epoch, account: toHex(account), token: toHex(token), kind, asset },
      items: items.map(({ batchSource, batchId, index }) => ({ batch: { source: batchSource, id: batchId }, index })),
    })
    expect(decodeRecord(record)).toEqual({ outcome: 'decoded', event })
  },
)

test('the steps of a run: each names the digest of the one before, as the client does', async () => {
  const [first, second] = vectors.cases.filter(({ event }) => event.type === 'AgentStep')
  if (first?.event.type !== 'AgentStep' || second?.event.type !== 'AgentStep') throw new Error('There are two.')
  expect(hex(second.event.body.previous)).toBe(first.digest)
  const { body, source, id } = first.event
  const { taken, record } = await recordStep({
    ...{ ledgerId, signer: accountOf(first.signer), source, id, agent: body.agent, run: body.run },
    ...{ input: Buffer.from('in'), output: Buffer.from('out'), salt: new Uint8Array(16) },
    used: { model: body.model, inference: { source: body.inferenceSource, id: body.inferenceId } },
    cost: { token: toHex(body.token), amount: body.cost },
  })
  const decoded = decodeRecord(record)
  if (decoded.outcome !== 'decoded' || decoded.event.type !== 'AgentStep') throw new Error('It is a step.')
  const { inputHash, outputHash, signature, ...rest } = decoded.event.body
  const { inputHash: _, outputHash: __, signature: ___, ...expected } = body
  expect(rest).toEqual(expected)
  expect([inputHash, outputHash].map(hex)).toEqual(
    ['in', 'out'].map((text) => createHash('sha256').update(new Uint8Array(16)).update(text).digest('hex')),
  )
  expect(taken).toEqual({ step: 0, hash: signingDigest(ledgerId, decoded.event) })
  const next = await recordStep({
    ...{ ledgerId, signer: accountOf(first.signer), source, agent: body.agent, run: body.run, after: taken },
    ...{ input: new Uint8Array(0), output: new Uint8Array(0) },
  })
  expect(next.taken.step).toBe(1)
  expect(decodeRecord(next.record)).toMatchObject({
    event: { body: { step: 1, previous: unhex(taken.hash.slice(2)) } },
  })
})

test('a voucher says who pays how much for what, and neither who presents it nor under which id', async () => {
  const { signer, event } = vectors.cases.find((each) => each.event.type === 'VoucherPresented')!
  const presented = { ...event, source: 'urn:anybody', id: 'another' } as SignedEvent
  expect(await recoverSigner(ledgerId, presented)).toBe(addressOf(signer))
})

describe('quotes, golden vectors', () => {
  test.each(vectors.quotes)('$name', async ({ digest, unitsHash, signature, ...vector }) => {
    const quote: Quote = {
      ...vector,
      quoteId: unhex(vector.quoteId),
      fee: BigInt(vector.fee),
      units: vector.units.map(({ unit, quantity }) => ({ unit, quantity: BigInt(quantity) })),
      expiresMs: BigInt(vector.expiresMs),
    }
    const data = quoteTypedData(ledgerId, quote)
    expect(data.message.unitsHash).toBe(`0x${unitsHash}`)
    expect(hashTypedData(data as never)).toBe(`0x${digest}`)
    expect(hex(await signQuote(ledgerId, accountOf('operator'), quote))).toBe(signature)
    expect(await signerOfQuote(ledgerId, quote, unhex(signature))).toBe(addressOf('operator'))
    const others: Partial<Quote>[] = [
      ...[{ quoteId: new Uint8Array(16) }, { payer: toAddress(`0x${'12'.repeat(20)}`) }, { model: 'other' }],
      ...[{ token: toAddress(`0x${'12'.repeat(20)}`) }, { fee: quote.fee - 1n }, { priceList: 'other' }],
      ...[{ units: [{ unit: 'tokens', quantity: 1n }] }, { commercial: !quote.commercial }],
      { expiresMs: quote.expiresMs - 1n },
    ]
    for (const other of others)
      expect(await signerOfQuote(ledgerId, { ...quote, ...other }, unhex(signature))).not.toBe(addressOf('operator'))
  })
})

/** The event once for each signed field, at every depth, with that field changed. */
function changesOf(event: SignedEvent): { field: string; changed: SignedEvent }[] {
  const { signature, ...body } = event.body
  // A voucher is the payer's, whoever presents it.
  const signed = event.type === 'VoucherPresented' ? { body } : { source: event.source, id: event.id, body }
  return otherValues(signed).map(({ path, value }) => {
    const other = value as typeof signed
    return { field: path, changed: { ...event, ...other, body: { ...other.body, signature } } as SignedEvent }
  })
}

function otherValues(value: unknown): { path: string; value: unknown }[] {
  if (typeof value === 'string') return [{ path: '', value: `${value}x` }]
  if (typeof value === 'number') return [{ path: '', value: value + 1 }]
  if (typeof value === 'bigint') return [{ path: '', value: value - 1n }]
  if (Buffer.isBuffer(value)) {
    if (value.length === 0) return [{ path: '', value: Buffer.of(0) }]
    const flipped = Buffer.from(value)
    flipped[value.length - 1]! ^= 1
    return [{ path: '', value: flipped }]
  }
  const inside = Object.entries(value as object).flatMap(([name, field]) =>
    otherValues(field).map((other) => ({
      path: `.${name}${other.path}`,
      value: Array.isArray(value)
        ? value.with(Number(name), other.value)
        : { ...(value as object), [name]: other.value },
    })),
  )
  const shorter = Array.isArray(value) && value.length > 0 ? [{ path: '[last]', value: value.slice(0, -1) }] : []
  return [...inside, ...shorter]
}
