import { privateKeyToAccount } from 'viem/accounts'
import { canonicalJson } from '../../../anchor/canonical-json.ts'
import { sha256 } from '../../../anchor/hash.ts'
import { signEvent } from '../../../anchor/signatures/signer.ts'
import { cloudEventHeaders, type RecordHeader } from '../../../schemas/cloud-events.ts'
import { ceTypeOf, type EventBodies, type EventOf, type EventType } from '../../../schemas/events.ts'
import { fromHex } from '../../../schemas/ids.ts'
import type { RejectionReason } from '../../../schemas/rejection.ts'
import { TOPIC_OF_EVENT } from '../../../schemas/topics.ts'
import { encodeValue } from '../../../schemas/wire-format.ts'

const key = (n: number) => privateKeyToAccount(`0x${n.toString(16).padStart(64, '0')}`)
export const signerOf = {
  operator: key(1),
  alice: key(2),
  bob: key(3),
  modeller: key(4),
  partner: key(5),
  host: key(6),
  payer: key(7),
  treasury: key(8),
}
export type Person = keyof typeof signerOf

export const addressOf = Object.fromEntries(
  Object.entries(signerOf).map(([name, { address }]) => [name, address.toLowerCase()]),
) as Record<Person, `0x${string}`>

/** A record of the world and what must become of it. */
export interface WorldRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly effectiveMs: bigint
  readonly key: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly value: Uint8Array | null
  readonly outcome: 'accepted' | 'duplicate' | RejectionReason
}

interface WorldItem {
  readonly person: 'alice' | 'bob'
  readonly batchId: string
  readonly index: number
  readonly features: EventBodies['ContributionFeatures']
}

interface WorldInference {
  readonly id: string
  readonly epoch: number
  readonly fee: bigint
  readonly isFunded: boolean
  readonly features: EventBodies['InferenceFeatures'] | undefined
}

/**
 * A ledger of two epochs with 2 classes and r = 3: two contributors, a model of two owners, one host, one payer. Every record
 * stands beside its outcome, as docs/formats.md#decisions has it, decided by hand.
 */
export interface World {
  readonly genesis: {
    readonly chainId: number
    readonly distributor: string
    readonly format: string
    readonly name: string
    readonly operator: string
  }
  readonly epochs: readonly (readonly WorldRecord[])[]
  readonly items: readonly WorldItem[]
  readonly inferences: readonly WorldInference[]
}

export interface WorldPlace {
  readonly chainId: number
  readonly distributor: string
  readonly token: string
  /** The payer's deposit of 10,000 as a chain has it; without it one that never was. */
  readonly deposit?: Pick<EventBodies['Deposited'], 'transactionHash' | 'logIndex' | 'blockNumber' | 'blockHash'>
}

export const SHAPE = { rank: 3, classes: 2 } as const
export const POLICY = {
  policy: 'policy-1',
  epochIntervalS: 3600,
  dataParts: 500_000,
  modelParts: 300_000,
  upstreamParts: 0,
  agentParts: 0,
  outcomeParts: 0,
  infrastructureParts: 150_000,
  treasuryParts: 50_000,
  method: 'influence/factored@2',
  minEvents: 2,
  maxPeriodEpochs: 3,
  featureWaitEpochs: 0,
  outcomeWaitEpochs: 0,
  outsideWaitEpochs: 0,
  ...{ dataChannels: [], retrievalParts: 0, retrievalRule: 'score' },
  holdBackParts: 0,
  holdBackEpochs: 0,
  minimumPayouts: [],
  disputeWindowEpochs: 0,
  disputeWaitEpochs: 0,
  disputeBonds: [],
} as const

/** What one event of a fixed sequence looks like: n-th of its kind. */
function features(n: number, label: number) {
  const right = 550 + ((n * 83) % 300)
  return {
    vector: Int8Array.from([0, 1, 2], (j) => ((j + label) % 3 === 0 ? 40 : -20) + ((n * 7 + j * 5) % 23) - 11),
    multiplier: 9_000 + ((n * 4_111) % 20_000),
    p: label === 0 ? [right, 1000 - right] : [1000 - right, right],
    label,
  }
}

const bytesOf = (vector: Int8Array) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)
const hash = (text: string) => sha256(Buffer.from(text))

/** Puts records on partitions, one after another, a second apart. */
class Log {
  readonly records: WorldRecord[] = []
  readonly #next: Map<string, bigint>
  #timeMs: bigint

  constructor(startMs: bigint, next: Map<string, bigint>) {
    this.#timeMs = startMs
    this.#next = next
  }

  add(
    outcome: WorldRecord['outcome'],
    record: Omit<WorldRecord, 'offset' | 'effectiveMs' | 'outcome' | 'partition'>,
  ): void {
    const offset = this.#next.get(record.topic) ?? 0n
    this.#next.set(record.topic, offset + 1n)
    this.#timeMs += 1000n
    this.records.push({ ...record, partition: 0, offset, effectiveMs: this.#timeMs, outcome })
  }

  /** An offset without a record, as a transaction's marker leaves one. */
  skip(topic: string): void {
    this.#next.set(topic, (this.#next.get(topic) ?? 0n) + 1n)
  }

  event<Type extends EventType>(
    outcome: WorldRecord['outcome'],
    event: EventOf<Type> & { type: Type; body: EventBodies[Type] },
  ): void {
    this.add(outcome, {
      topic: TOPIC_OF_EVENT[event.type],
      key: Buffer.from(event.id),
      headers: cloudEventHeaders({
        id: event.id,
        source: event.source,
        type: ceTypeOf(event.type),
        time: '2026-01-01T00:00:00Z',
      }),
      value: encodeValue(event.type, event.body),
    })
  }
}

const APP = 'urn:app'
const EXTRACTOR = 'urn:extractor'

export async function makeWorld(place: WorldPlace): Promise<World> {
  const genesis = {
    chainId: place.chainId,
    distributor: place.distributor,
    format: 'tallystick-genesis/1',
    name: 'test',
    operator: addressOf.operator,
  }
  const ledgerId = sha256(canonicalJson(genesis))
  const next = new Map<string, bigint>()
  const items: WorldItem[] = []
  const inferences: WorldInference[] = []
  const first = new Log(1_000_000n, next)
  await addRegistry(first, ledgerId)
  addDeposits(first, place)
  await addContributions(first, ledgerId, items)
  // 1,801 with features, 200 without; the last costs more than the balance.
  for (const [n, fee] of [1000n, 500n, 301n].entries())
    addInference(first, place, inferences, { id: `use-${n}`, epoch: 1, fee, n })
  addInference(first, place, inferences, { id: 'use-plain', epoch: 1, fee: 200n })
  addInference(first, place, inferences, { id: 'use-unfunded', epoch: 1, fee: 1_000_000n, n: 9, isFunded: false })
  // No voucher, and one that comes an epoch later.
  addInference(first, place, inferences, { id: 'use-reported', epoch: 1, fee: 7n, isFunded: false, voucher: 0n })
  addInference(first, place, inferences, { id: 'use-early', epoch: 1, fee: 9n, isFunded: false, voucher: 3n })
  await addVouchers(first, ledgerId, place)
  const second = new Log(2_000_000n, next)
  addInference(second, place, inferences, { id: 'use-late', epoch: 2, fee: 100n, n: 4, voucher: 3n })
  // It promises less than was promised before: that stands.
  second.event('accepted', await voucher(ledgerId, place, 'voucher 3', { cumulative: 5n, sequence: 3n }))
  const inOrder = (records: readonly WorldRecord[]) =>
    [...records].sort((a, b) => (a.topic === b.topic ? Number(a.offset - b.offset) : a.topic < b.topic ? -1 : 1))
  return { genesis, epochs: [inOrder(first.records), inOrder(second.records)], items, inferences }
}

async function addRegistry(log: Log, ledgerId: Uint8Array): Promise<void> {
  const signed = async (outcome: WorldRecord['outcome'], person: Person, event: object) =>
    log.event(outcome, (await signEvent(ledgerId, signerOf[person] as never, event as never)) as never)
  const source = (name: string, eventTypes: string[]) => ({
    type: 'SourceRegistered',
    source: 'urn:operator',
    id: `source ${name}`,
    body: { source: name, key: fromHex(addressOf.operator), eventTypes },
  })
  const asset = (name: string, kind: string, owners: [Person, number][]) => ({
    type: 'AssetRegistered',
    source: 'urn:owner',
    id: `asset ${name}`,
    body: {
      asset: name,
      kind,
      title: name,
      licence: 'CC0-1.0',
      identity: '',
      access: 'open',
      owners: owners
        .map(([person, parts]) => ({ account: fromHex(addressOf[person]), parts }))
        .sort((a, b) => Buffer.compare(a.account, b.account)),
      parents: [],
      registrant: fromHex(addressOf[owners[0]![0]]),
    },
  })
  await signed('accepted', 'operator', source('urn:owner', ['AssetRegistered', 'FeatureMapPublished']))
  await signed(
    'accepted',
    'operator',
    source(APP, ['ContributionBatch', 'VoucherPresented', 'InferenceRecorded', 'Deposited']),
  )
  await signed('accepted', 'operator', source(EXTRACTOR, ['ContributionFeatures', 'InferenceFeatures']))
  await signed('SIGNATURE_INVALID', 'alice', source('urn:mallory', ['Deposited']))
  await signed('accepted', 'modeller', asset('digits', 'dataset', [['modeller', 1_000_000]]))
  await signed(
    'accepted',
    'modeller',
    asset('reader', 'model', [
      ['modeller', 333_333],
      ['partner', 666_667],
    ]),
  )
  await signed('accepted', 'host', asset('metal', 'infrastructure', [['host', 1_000_000]]))
  await signed('accepted', 'operator', {
    type: 'PolicyPublished',
    source: 'urn:operator',
    id: 'policy 1',
    body: { ...POLICY, treasury: fromHex(addressOf.treasury) },
  })
  await signed('accepted', 'modeller', {
    type: 'FeatureMapPublished',
    source: 'urn:owner',
    id: 'map 1',
    body: {
      featureMap: 'map-1',
      model: 'reader',
      kind: 'factored',
      rank: SHAPE.rank,
      classes: SHAPE.classes,
      checkpoints: 0,
      unitExponent: 10,
      extractor: EXTRACTOR,
      codeHash: hash('code'),
      weightsHash: hash('weights'),
      basisHash: hash('basis'),
      trainingSetHash: hash('training'),
      fingerprintSalt: hash('salt').subarray(0, 16),
      similarity: 'none',
      registrant: fromHex(addressOf.modeller),
    },
  })
}

function addDeposits(log: Log, place: WorldPlace): void {
  const made = place.deposit ?? {
    transactionHash: hash('transaction'),
    logIndex: 0,
    blockNumber: 7n,
    blockHash: hash('block'),
  }
  const deposit = (id: string, chainId: bigint, transactionHash: Uint8Array) => ({
    type: 'Deposited' as const,
    source: APP,
    id,
    body: {
      chainId,
      distributor: fromHex(place.distributor),
      payer: fromHex(addressOf.payer),
      token: fromHex(place.token),
      amount: 10_000n,
      ...made,
      transactionHash,
    },
  })
  log.event('accepted', deposit('deposit 1', BigInt(place.chainId), made.transactionHash))
  log.skip('tally.chain')
  log.event('DEPOSIT_FOREIGN', deposit('deposit 2', 424_242n, hash('other')))
  log.event('DEPOSIT_EXISTS', deposit('deposit 3', BigInt(place.chainId), made.transactionHash))
}

/** All fees of epoch 1 that cite a voucher, to the atom; the greater one came first. */
async function addVouchers(log: Log, ledgerId: Uint8Array, place: WorldPlace): Promise<void> {
  const [small, large] = [
    { cumulative: 1_000n, sequence: 1n },
    { cumulative: 1_002_001n, sequence: 2n },
  ]
  log.event('accepted', await voucher(ledgerId, place, 'voucher 2', large))
  log.event('accepted', await voucher(ledgerId, place, 'voucher 1', small))
  log.event('VOUCHER_EXISTS', await voucher(ledgerId, place, 'voucher 2 again', { ...large, cumulative: 1n }))
  const forged = await voucher(ledgerId, place, 'a forged voucher', { ...large, sequence: 9n })
  log.event('SIGNATURE_INVALID', { ...forged, body: { ...forged.body, sequence: 10n } })
}

function voucher(
  ledgerId: Uint8Array,
  { token }: WorldPlace,
  id: string,
  promised: { readonly cumulative: bigint; readonly sequence: bigint },
) {
  const body = { payer: fromHex(addressOf.payer), model: 'reader', token: fromHex(token), ...promised }
  return signEvent(ledgerId, signerOf.payer as never, { type: 'VoucherPresented', source: APP, id, body } as const)
}

async function addContributions(log: Log, ledgerId: Uint8Array, items: WorldItem[]): Promise<void> {
  const batches = [
    ['alice', 'batch a', 3],
    ['bob', 'batch b', 3],
  ] as const
  for (const [person, id, count] of batches) {
    const unsigned = {
      type: 'ContributionBatch' as const,
      source: APP,
      id,
      body: {
        account: fromHex(addressOf[person]),
        dataset: 'digits',
        licence: 'CC0-1.0',
        items: Array.from({ length: count }, (_, index) => ({
          contentHash: hash(`${id} ${index}`),
          labelHash: hash(`label ${index}`),
        })),
        commitmentSalt: new Uint8Array(0),
      },
    }
    const batch = await signEvent(ledgerId, signerOf[person] as never, unsigned)
    log.event('accepted', batch)
    log.event('duplicate', batch)
    // Another value under an id that is used up.
    log.event('ID_REUSED', { ...batch, body: { ...batch.body, licence: 'other' } })
  }
  log.add('WIRE_FORMAT_INVALID', {
    topic: 'tally.contributions',
    key: null,
    headers: someHeaders(),
    value: Buffer.from([9, 9]),
  })
  log.add('VALUE_MISSING', {
    topic: 'tally.contributions',
    key: Buffer.alloc(0),
    headers: [['extra', null]],
    value: null,
  })
  let n = 0
  for (const [person, batchId, count] of batches) {
    for (let index = 0; index < count; index++, n++) {
      // Bob's last item is a copy of Alice's first.
      const isCopy = n === 5
      const { vector, multiplier, p, label } = features(isCopy ? 0 : n, isCopy ? 0 : n % 2)
      const body = {
        featureMap: 'map-1',
        batchSource: APP,
        batchId,
        index,
        a: bytesOf(vector),
        ua: multiplier,
        p,
        checkpoints: [],
        label,
        fingerprint: hash(isCopy ? 'fingerprint 0' : `fingerprint ${n}`),
        near: [],
      }
      items.push({ person, batchId, index, features: body })
      log.event('accepted', {
        type: 'ContributionFeatures',
        source: EXTRACTOR,
        id: `features ${batchId} ${index}`,
        body,
      })
    }
  }
  const stranger = { ...items[0]!.features, index: 7 }
  log.event('CONTRIBUTION_UNKNOWN', {
    type: 'ContributionFeatures',
    source: EXTRACTOR,
    id: 'features of nothing',
    body: stranger,
  })
  log.event('TYPE_NOT_PERMITTED', {
    type: 'ContributionFeatures',
    source: APP,
    id: 'features of the app',
    body: stranger,
  })
}

function someHeaders(): RecordHeader[] {
  return cloudEventHeaders({ id: 'x', source: APP, type: ceTypeOf('ContributionBatch'), time: '2026-01-01T00:00:00Z' })
}

interface UseOfWorld {
  readonly id: string
  readonly epoch: number
  readonly fee: bigint
  /** Which features; none without. */
  readonly n?: number
  readonly isFunded?: boolean
  readonly voucher?: bigint
}

function addInference(
  log: Log,
  place: WorldPlace,
  inferences: WorldInference[],
  { id, epoch, fee, n, isFunded = true, voucher: cited = 1n }: UseOfWorld,
): void {
  log.event('accepted', {
    type: 'InferenceRecorded',
    source: APP,
    id,
    body: {
      model: 'reader',
      infrastructure: 'metal',
      agent: '',
      payer: fromHex(addressOf.payer),
      token: fromHex(place.token),
      fee,
      inputHash: hash(`${id} in`),
      outputHash: hash(`${id} out`),
      commercial: false,
      voucher: cited,
      priceList: '',
      units: [{ unit: 'digits', quantity: 1n }],
      quoteId: new Uint8Array(0),
      quoteExpiresMs: 0n,
      quoteSignature: new Uint8Array(0),
      retrieved: [],
    },
  })
  if (n === undefined) {
    inferences.push({ id, epoch, fee, isFunded, features: undefined })
    return
  }
  const { vector, multiplier, p, label } = features(n + 20, n % 2)
  const body = {
    featureMap: 'map-1',
    inferenceSource: APP,
    inferenceId: id,
    b: bytesOf(vector),
    ub: multiplier,
    p,
    checkpoints: [],
    label,
    labelKind: 'served' as const,
    p16: Math.round((65_535 * p[label]!) / 1000),
  }
  inferences.push({ id, epoch, fee, isFunded, features: body })
  log.event('accepted', { type: 'InferenceFeatures', source: EXTRACTOR, id: `features ${id}`, body })
}
