import { createHash } from 'node:crypto'
import { commitmentOf } from '../../../anchor/commitment.ts'
import { derivationTypedData } from '../../../anchor/signatures/derivation.ts'
import { ANYONE, type Quote, signQuote } from '../../../anchor/signatures/quote.ts'
import { signEvent, signingDigest } from '../../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../../schemas/encode-record.ts'
import type {
  AssetKind,
  ContributionItem,
  EventBodies,
  EventOf,
  EventType,
  LicenceTerms,
  PriceRule,
} from '../../../schemas/events.ts'
import { type Address, fromHex, toAddress, toHex } from '../../../schemas/ids.ts'
import { textBytes, tokenBytes } from '../../../schemas/text/text-tokens.ts'
import { TOKENIZER } from '../../../schemas/text/tokenizer.ts'
import { accountOf, GENESIS, type Name, OTHER_TOKEN, signerOf, TOKEN } from './cast.ts'
import { type Features, SHAPE } from './random-features.ts'

export const SOURCES = {
  operator: 'urn:operator',
  portal: 'urn:portal',
  gateway: 'urn:gateway',
  extractor: 'urn:extractor',
  watcher: 'urn:watcher',
} as const

export const POLICY: Omit<EventBodies['PolicyPublished'], 'signature'> = {
  policy: 'policy-1',
  epochIntervalS: 3_600,
  dataParts: 500_000,
  modelParts: 300_000,
  upstreamParts: 0,
  agentParts: 0,
  outcomeParts: 0,
  infrastructureParts: 150_000,
  treasuryParts: 50_000,
  treasury: accountOf('treasury'),
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
}
export const LICENCE = 'CC0-1.0'
/** Who pays in these ledgers. */
const PAYERS: readonly Name[] = ['payer', 'partner', 'stranger']
/** Of a voucher that never runs out in a test. */
export const CUMULATIVE_MAX = (1n << 96n) - 1n

/** What a test wants to be different from the ordinary record. */
export interface Change<Type extends EventType> {
  readonly source?: string
  readonly id?: string
  /** Who signs. */
  readonly by?: Name
  readonly body?: Partial<EventBodies[Type]>
}

type SignedType =
  | 'SchemaRegistered'
  | 'SourceRegistered'
  | 'AssetRegistered'
  | 'AssetTransferred'
  | 'OfferPublished'
  | 'OfferWithdrawn'
  | 'OfferAccepted'
  | 'PolicyPublished'
  | 'FeatureMapPublished'
  | 'TextMapPublished'
  | 'PriceListPublished'
  | 'LicenceGranted'
  | 'LicenceRevoked'
  | 'AdjustmentOrdered'
  | 'ModelRetired'
  | 'VoucherPresented'
  | 'ContributionBatch'
  | 'ContributionWithdrawn'
  | 'ErasureOrdered'
  | 'TaskOutcome'
  | 'AgentStep'
  | 'DisputeOpened'
  | 'DisputeResolved'
const NOTHING = new Uint8Array(0)
/** Of the tokens under every text map of a test. */
const TEXT_SALT = hashOf('text salt').subarray(0, 16)
const ANYONE_BYTES = fromHex(ANYONE)
/** Long after any test. */
export const NEVER_MS = 1n << 62n

type PlainType = Exclude<EventType, SignedType>

export function hashOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

/** Makes the records of one ledger, each good unless a {@link Change} says otherwise. */
export class Records {
  readonly #ledgerId: Uint8Array
  readonly #terms = new Map<string, Uint8Array>()
  #made = 0
  readonly #stepHashes = new Map<string, Uint8Array>()

  constructor(ledgerId: Uint8Array) {
    this.#ledgerId = ledgerId
  }

  /** @param schema as JSON; text is taken as it is */
  schema(
    schemaId: number,
    eventType: string,
    schema: object | string,
    change: Change<'SchemaRegistered'> = {},
  ): Promise<OutgoingRecord> {
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
    return this.#signed('SchemaRegistered', SOURCES.operator, 'operator', { schemaId, eventType, schema: text }, change)
  }

  source(source: string, eventTypes: string[], change: Change<'SourceRegistered'> = {}): Promise<OutgoingRecord> {
    const body = { source, key: accountOf('operator'), eventTypes }
    return this.#signed('SourceRegistered', SOURCES.operator, 'operator', body, change)
  }

  /** @param owners names with their millionths; the first one registers it. */
  asset(
    asset: string,
    kind: AssetKind,
    owners: Partial<Record<Name, number>>,
    change: Change<'AssetRegistered'> = {},
  ): Promise<OutgoingRecord> {
    const names = Object.keys(owners) as Name[]
    const table = names.map((name) => ({ account: accountOf(name), parts: owners[name]! }))
    table.sort((a, b) => Buffer.compare(a.account, b.account))
    const registrant = names[0]!
    const body = {
      ...{ asset, kind, title: asset, licence: LICENCE, identity: '', access: 'open' as const, owners: table },
      ...{ parents: [], registrant: accountOf(registrant) },
    }
    return this.#signed('AssetRegistered', SOURCES.operator, registrant, body, change)
  }

  /** An asset of an owner of all of it, derived from others: names of the owners who agree, and their royalties. */
  async derived(
    asset: string,
    kind: AssetKind,
    owner: Name,
    parents: Record<string, { by: Name; parts: number }>,
    change: Change<'AssetRegistered'> = {},
  ): Promise<OutgoingRecord> {
    const registrant = accountOf(owner)
    const names = Object.keys(parents).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const agreed = names.map(async (parent) => {
      const { by, parts } = parents[parent]!
      const typedData = derivationTypedData(this.#ledgerId, { child: asset, parent, parts, registrant })
      const signature = await signerOf(by).signTypedData(typedData as never)
      return { asset: parent, parts, signature: fromHex(signature) }
    })
    const body = { parents: await Promise.all(agreed), ...change.body }
    return this.asset(asset, kind, { [owner]: 1_000_000 }, { ...change, body })
  }

  transfer(
    asset: string,
    from: Name,
    to: Name,
    parts: number,
    change: Change<'AssetTransferred'> = {},
  ): Promise<OutgoingRecord> {
    const body = { asset, from: accountOf(from), to: accountOf(to), parts }
    return this.#signed('AssetTransferred', SOURCES.operator, from, body, change)
  }

  /** A share offered to anyone, for a long time, unless the change says otherwise. */
  offer(
    offer: string,
    asset: string,
    seller: Name,
    parts: number,
    price: bigint,
    change: Change<'OfferPublished'> = {},
  ): Promise<OutgoingRecord> {
    const body = {
      ...{ offer, seller: accountOf(seller), kind: 'share', asset, parts, token: fromHex(TOKEN), price },
      ...{ buyer: new Uint8Array(20), expiresMs: NEVER_MS, licence: [] },
    }
    const envelope = { source: change.source ?? SOURCES.operator, id: change.id ?? `offer ${offer}` }
    const unsigned = { ...body, ...change.body, signature: NOTHING }
    const terms = signingDigest(this.#ledgerId, { type: 'OfferPublished', ...envelope, body: unsigned })
    this.#terms.set(envelope.id, fromHex(terms))
    return this.#signed('OfferPublished', SOURCES.operator, seller, body, { ...change, ...envelope })
  }

  /** Licences to any number of buyers, of a model or an agent for inference, for ever and at whatever fee, unless the terms say otherwise. */
  licenceOffer(
    offer: string,
    asset: string,
    seller: Name,
    price: bigint,
    terms: Partial<LicenceTerms> = {},
    change: Change<'OfferPublished'> = {},
  ): Promise<OutgoingRecord> {
    const ordinary = {
      ...{ uses: ['infer'], fromMs: 0n, untilMs: 0n, durationMs: 0n, priceList: '', royaltyParts: 0 },
      ...{ coversFromEpoch: 0, copies: 0 },
    }
    const body = { kind: 'licence', licence: [{ ...ordinary, ...terms }], ...change.body }
    return this.offer(offer, asset, seller, 0, price, { ...change, body })
  }

  offerWithdrawn(offer: string, seller: Name, change: Change<'OfferWithdrawn'> = {}): Promise<OutgoingRecord> {
    return this.#signed('OfferWithdrawn', SOURCES.operator, seller, { offer }, change)
  }

  /** What the seller signed in the record of that id, which was made here. */
  termsOf(id: string): Uint8Array {
    return this.#terms.get(id) ?? hashOf('no terms')
  }

  /** Of the offer whose record has the ordinary id. */
  acceptance(offer: string, buyer: Name, change: Change<'OfferAccepted'> = {}): Promise<OutgoingRecord> {
    const terms = this.termsOf(`offer ${offer}`)
    return this.#signed('OfferAccepted', SOURCES.operator, buyer, { offer, terms, buyer: accountOf(buyer) }, change)
  }

  /** A contract's answer that it signed the digest. */
  signatureCheck(account: Name, digest: Uint8Array, change: Change<'SignatureChecked'> = {}): OutgoingRecord {
    const body = {
      ...{ chainId: BigInt(GENESIS.chainId), account: accountOf(account), digest, signature: hashOf('signature') },
      ...{ blockNumber: 1n, blockHash: hashOf('block') },
    }
    return this.#plain('SignatureChecked', SOURCES.watcher, body, change)
  }

  policy(
    body: Partial<EventBodies['PolicyPublished']>,
    change: Change<'PolicyPublished'> = {},
  ): Promise<OutgoingRecord> {
    return this.#signed('PolicyPublished', SOURCES.operator, 'operator', { ...POLICY, ...body }, change)
  }

  /** By the method that was in force, unless the change says otherwise. */
  adjustment(
    adjustment: string,
    fromEpoch: number,
    toEpoch: number,
    change: Change<'AdjustmentOrdered'> = {},
  ): Promise<OutgoingRecord> {
    const body = { adjustment, fromEpoch, toEpoch, method: '', note: '' }
    return this.#signed('AdjustmentOrdered', SOURCES.operator, 'operator', body, change)
  }

  featureMap(
    body: Partial<EventBodies['FeatureMapPublished']>,
    change: Change<'FeatureMapPublished'> = {},
  ): Promise<OutgoingRecord> {
    const ordinary = {
      featureMap: 'map-1',
      model: 'reader',
      kind: 'factored',
      ...SHAPE,
      unitExponent: 20,
      extractor: SOURCES.extractor,
      codeHash: hashOf('code'),
      weightsHash: hashOf('weights'),
      basisHash: hashOf('basis'),
      trainingSetHash: hashOf('training set'),
      fingerprintSalt: hashOf('salt').subarray(0, 16),
      similarity: 'image/pooled-cosine@1',
      registrant: accountOf('modeller'),
    }
    return this.#signed('FeatureMapPublished', SOURCES.operator, 'modeller', { ...ordinary, ...body }, change)
  }

  textMap(
    body: Partial<EventBodies['TextMapPublished']> = {},
    change: Change<'TextMapPublished'> = {},
  ): Promise<OutgoingRecord> {
    const ordinary = {
      ...{ textMap: 'texts-1', model: 'reader', tokenizer: TOKENIZER.name, unicode: TOKENIZER.unicode },
      ...{ extractor: SOURCES.extractor, codeHash: hashOf('code'), salt: TEXT_SALT, registrant: accountOf('modeller') },
    }
    return this.#signed('TextMapPublished', SOURCES.operator, 'modeller', { ...ordinary, ...body }, change)
  }

  /** What one item of a batch says. */
  itemText(batchId: string, index: number, text: string, change: Change<'ContributionText'> = {}): OutgoingRecord {
    const body = { textMap: 'texts-1', batchSource: SOURCES.portal, batchId, index, ...textBytes(text, TEXT_SALT) }
    return this.#plain('ContributionText', SOURCES.extractor, body, change)
  }

  /** What a use was answered with. */
  inferenceText(inferenceId: string, text: string, change: Change<'InferenceText'> = {}): OutgoingRecord {
    const tokens = tokenBytes(text, TEXT_SALT)
    const body = { textMap: 'texts-1', inferenceSource: SOURCES.gateway, inferenceId, tokens }
    return this.#plain('InferenceText', SOURCES.extractor, body, change)
  }

  /** To the batch of that id with so many items, revealed with this salt. */
  commitment(
    account: Name,
    batchId: string,
    items: number,
    salt: Uint8Array,
    change: Change<'ContributionCommitted'> = {},
  ): OutgoingRecord {
    const committed = { ledgerId: this.#ledgerId, account: accountOf(account), items: itemsOf(batchId, items), salt }
    const body = { account: accountOf(account), commitment: commitmentOf(committed) }
    return this.#plain('ContributionCommitted', SOURCES.portal, body, change)
  }

  batch(account: Name, id: string, items: number, change: Change<'ContributionBatch'> = {}): Promise<OutgoingRecord> {
    const body = {
      account: accountOf(account),
      dataset: 'digits',
      licence: LICENCE,
      items: itemsOf(id, items),
      commitmentSalt: new Uint8Array(0),
    }
    return this.#signed('ContributionBatch', SOURCES.portal, account, body, { id, ...change })
  }

  /** @param indexes none: the whole batch */
  withdrawal(
    account: Name,
    batchId: string,
    indexes: number[],
    change: Change<'ContributionWithdrawn'> = {},
  ): Promise<OutgoingRecord> {
    const body = { account: accountOf(account), batchSource: SOURCES.portal, batchId, indexes }
    return this.#signed('ContributionWithdrawn', SOURCES.portal, account, body, change)
  }

  erasure(batchId: string, indexes: number[], change: Change<'ErasureOrdered'> = {}): Promise<OutgoingRecord> {
    const body = { batchSource: SOURCES.portal, batchId, indexes }
    return this.#signed('ErasureOrdered', SOURCES.operator, 'operator', body, change)
  }

  /** @param fingerprint equal text for equal contents */
  itemFeatures(
    batchId: string,
    index: number,
    features: Features,
    fingerprint: string,
    change: Change<'ContributionFeatures'> = {},
  ): OutgoingRecord {
    const body = {
      featureMap: 'map-1',
      batchSource: SOURCES.portal,
      batchId,
      index,
      a: bytesOf(features.vector),
      ua: features.multiplier,
      p: features.p,
      checkpoints: features.checkpoints,
      label: features.label,
      fingerprint: hashOf(fingerprint),
      near: [],
    }
    return this.#plain('ContributionFeatures', SOURCES.extractor, body, change)
  }

  deposit(payer: Name, amount: bigint, change: Change<'Deposited'> = {}): OutgoingRecord {
    const body = {
      chainId: BigInt(GENESIS.chainId),
      distributor: fromHex(GENESIS.distributor),
      payer: accountOf(payer),
      token: fromHex(TOKEN),
      amount,
      transactionHash: hashOf(`transaction ${this.#made}`),
      logIndex: 0,
      blockNumber: 1n,
      blockHash: hashOf('block'),
    }
    return this.#plain('Deposited', SOURCES.watcher, body, change)
  }

  /** A list of the model's owner; rules have to be in their order. */
  priceList(
    priceList: string,
    rules: (Partial<PriceRule> & { pricePerMillion: bigint })[],
    change: Change<'PriceListPublished'> = {},
  ): Promise<OutgoingRecord> {
    const ordinary = { unit: 'tokens', use: '', fromQuantity: 0n, fromMs: 0n, untilMs: 0n }
    const body = {
      ...{ priceList, model: 'reader', token: fromHex(TOKEN), registrant: accountOf('modeller') },
      rules: rules.map((rule) => ({ ...ordinary, ...rule })),
    }
    return this.#signed('PriceListPublished', SOURCES.operator, 'modeller', body, change)
  }

  /** Of a model's owner, to anyone, for ever, for inference at whatever fee. */
  licence(
    grant: string,
    asset: string,
    terms: Partial<EventBodies['LicenceGranted']> = {},
    change: Change<'LicenceGranted'> = {},
  ): Promise<OutgoingRecord> {
    const body = {
      ...{ grant, asset, licensee: ANYONE_BYTES, uses: ['infer'], fromMs: 0n, untilMs: 0n, priceList: '' },
      ...{ royaltyParts: 0, coversFromEpoch: 0, registrant: accountOf(change.by ?? 'modeller') },
    }
    return this.#signed('LicenceGranted', SOURCES.operator, 'modeller', { ...body, ...terms }, change)
  }

  revocation(grant: string, asset: string, change: Change<'LicenceRevoked'> = {}): Promise<OutgoingRecord> {
    const body = { grant, asset, registrant: accountOf(change.by ?? 'modeller') }
    return this.#signed('LicenceRevoked', SOURCES.operator, 'modeller', body, change)
  }

  /** By an owner of all of it, or of more than half. */
  retirement(model: string, change: Change<'ModelRetired'> = {}): Promise<OutgoingRecord> {
    const body = { model, registrant: accountOf(change.by ?? 'modeller') }
    return this.#signed('ModelRetired', SOURCES.operator, 'modeller', body, change)
  }

  /** By the gateway, of a use of its own. */
  correction(inferenceId: string, now: bigint | 'void', change: Change<'CorrectionRecorded'> = {}): OutgoingRecord {
    const stands = now === 'void' ? ({ kind: 'void', fee: 0n } as const) : ({ kind: 'fee', fee: now } as const)
    const body = { inferenceSource: SOURCES.gateway, inferenceId, ...stands, reason: 'metered twice' }
    return this.#plain('CorrectionRecorded', SOURCES.gateway, body, change)
  }

  voucher(
    payer: Name,
    { cumulative, sequence }: { readonly cumulative: bigint; readonly sequence: bigint },
    change: Change<'VoucherPresented'> = {},
  ): Promise<OutgoingRecord> {
    const body = { payer: accountOf(payer), model: 'reader', token: fromHex(TOKEN), cumulative, sequence }
    return this.#signed('VoucherPresented', SOURCES.gateway, payer, body, change)
  }

  /** The vouchers that inferences of these ledgers cite: of everybody who pays, for a model, in both tokens, without an end. */
  vouchers(model = 'reader'): Promise<OutgoingRecord[]> {
    const tokens = [TOKEN, OTHER_TOKEN].map((token) => fromHex(token))
    const promised = { cumulative: CUMULATIVE_MAX, sequence: 1n }
    return Promise.all(
      PAYERS.flatMap((payer) => tokens.map((token) => this.voucher(payer, promised, { body: { model, token } }))),
    )
  }

  inference(id: string, fee: bigint, change: Change<'InferenceRecorded'> & { payer?: Name } = {}): OutgoingRecord {
    return this.#plain('InferenceRecorded', SOURCES.gateway, useOf(id, fee, change.payer), { id, ...change })
  }

  /** A use that takes up a quote for it, signed by the operator and for whoever pays unless the quote says otherwise. */
  async quoted(
    id: string,
    fee: bigint,
    { by = 'operator', ...given }: Partial<Quote> & { readonly by?: Name } = {},
    change: Change<'InferenceRecorded'> & { payer?: Name } = {},
  ): Promise<OutgoingRecord> {
    const body = { ...useOf(id, fee, change.payer), ...change.body }
    const quote: Quote = {
      ...body,
      ...{ quoteId: hashOf(`quote of ${id}`).subarray(0, 16), payer: ANYONE, token: toAddress(toHex(body.token)) },
      ...{ expiresMs: (1n << 62n) - 1n, ...given },
    }
    const quoteSignature = await signQuote(this.#ledgerId, signerOf(by), quote)
    const cited = { quoteId: quote.quoteId, quoteExpiresMs: quote.expiresMs, quoteSignature }
    return this.inference(id, fee, { ...change, body: { ...cited, ...change.body } })
  }

  inferenceFeatures(inferenceId: string, features: Features, change: Change<'InferenceFeatures'> = {}): OutgoingRecord {
    const body = {
      featureMap: 'map-1',
      inferenceSource: SOURCES.gateway,
      inferenceId,
      b: bytesOf(features.vector),
      ub: features.multiplier,
      p: features.p,
      checkpoints: features.checkpoints,
      label: features.label,
      labelKind: 'true' as const,
      p16: 30_000,
    }
    return this.#plain('InferenceFeatures', SOURCES.extractor, body, change)
  }

  /** Of the use of that id, by whoever pays for it. */
  rating(rater: Name, inferenceId: string, score: number, change: Change<'TaskOutcome'> = {}): Promise<OutgoingRecord> {
    const body = { inferenceSource: SOURCES.gateway, inferenceId, rater: accountOf(rater), score }
    return this.#signed('TaskOutcome', SOURCES.gateway, rater, body, change)
  }

  /** @param place `previous`: nothing, which is right for step 0 alone */
  step(agent: string, account: Name, place: StepPlace, change: Change<'AgentStep'> = {}): Promise<OutgoingRecord> {
    return this.#signed('AgentStep', SOURCES.gateway, account, stepOf(agent, account, place), {
      id: stepIdOf(place.run, place.step),
      ...change,
    })
  }

  /** A whole run, each step behind the one before. */
  steps(agent: string, account: Name, run: string, steps: number): Promise<OutgoingRecord>[] {
    let previous: Uint8Array = new Uint8Array(32)
    return Array.from({ length: steps }, (_, step) => {
      const place = { run, step, previous }
      const body = { ...stepOf(agent, account, place), signature: NOTHING }
      const event = { type: 'AgentStep' as const, source: SOURCES.gateway, id: stepIdOf(run, step), body }
      previous = fromHex(signingDigest(this.#ledgerId, event))
      this.#stepHashes.set(stepIdOf(run, step), previous)
      return this.step(agent, account, place)
    })
  }

  /** What the step behind this one, made by {@link steps}, has to name. */
  stepHash(run: string, step: number): Uint8Array {
    return this.#stepHashes.get(stepIdOf(run, step))!
  }

  /** Of a line, for nothing in particular, unless the change says otherwise; whoever opens it signs. */
  dispute(
    dispute: string,
    opener: Name,
    line: DisputedLine,
    bond: bigint,
    change: Change<'DisputeOpened'> = {},
  ): Promise<OutgoingRecord> {
    const { epoch, account, kind, asset, token = TOKEN } = line
    const body = {
      ...{ dispute, opener: accountOf(opener), epoch, account: accountOf(account), token: fromHex(token), kind, asset },
      ...{ claim: 'other' as const, items: [], evidence: new Uint8Array(32), bond },
    }
    return this.#signed('DisputeOpened', SOURCES.gateway, opener, body, change)
  }

  /** @param awardParts millionths of what is held, or that it is rejected */
  resolution(
    dispute: string,
    awardParts: number | 'rejected',
    change: Change<'DisputeResolved'> = {},
  ): Promise<OutgoingRecord> {
    const upheld = awardParts !== 'rejected'
    const body = { dispute, upheld, awardParts: upheld ? awardParts : 0, reason: 'looked at' }
    return this.#signed('DisputeResolved', SOURCES.operator, 'operator', body, change)
  }

  async #signed<Type extends SignedType>(
    type: Type,
    source: string,
    signer: Name,
    body: Omit<EventBodies[Type], 'signature'>,
    change: Change<Type>,
  ): Promise<OutgoingRecord> {
    const { signature, ...changed } = (change.body ?? {}) as { signature?: Uint8Array }
    const unsigned = { ...this.#envelope(type, source, change), body: { ...body, ...changed } }
    // What no type of EIP-712 can hold nobody can sign.
    if (signature !== undefined)
      return encode({ ...unsigned, body: { ...unsigned.body, signature } } as unknown as EventOf)
    return encode((await signEvent(this.#ledgerId, signerOf(change.by ?? signer), unsigned as never)) as EventOf)
  }

  #plain<Type extends PlainType>(
    type: Type,
    source: string,
    body: EventBodies[Type],
    change: Change<Type>,
  ): OutgoingRecord {
    return encode({ ...this.#envelope(type, source, change), body: { ...body, ...change.body } } as EventOf)
  }

  #envelope<Type extends EventType>(type: Type, source: string, change: Change<Type>) {
    return { type, source: change.source ?? source, id: change.id ?? `${type}-${this.#made++}` }
  }
}

/** An ordinary use: of what a small ledger has registered, paid by a voucher that never runs out. */
function useOf(id: string, fee: bigint, payer: Name = 'payer'): EventBodies['InferenceRecorded'] {
  return {
    model: 'reader',
    infrastructure: 'gateway',
    agent: '',
    payer: accountOf(payer),
    token: fromHex(TOKEN),
    fee,
    inputHash: hashOf(`${id}/input`),
    outputHash: hashOf(`${id}/output`),
    commercial: false,
    voucher: 1n,
    priceList: '',
    units: [],
    quoteId: NOTHING,
    quoteExpiresMs: 0n,
    quoteSignature: NOTHING,
    retrieved: [],
  }
}

/** A settlement line, of {@link TOKEN} unless it says otherwise. */
export interface DisputedLine {
  readonly epoch: number
  readonly account: Name
  readonly kind: string
  readonly asset: string
  readonly token?: Address
}

/** Where a step stands in its run. */
export interface StepPlace {
  readonly run: string
  readonly step: number
  readonly previous?: Uint8Array
}

function stepIdOf(run: string, step: number): string {
  return `${run}/${step}`
}

function stepOf(agent: string, account: Name, place: StepPlace): Omit<EventBodies['AgentStep'], 'signature'> {
  const { run, step, previous = new Uint8Array(32) } = place
  return {
    ...{ agent, account: accountOf(account), run: hashOf(run).subarray(0, 16), step, previous },
    ...{ inputHash: hashOf(`${run}/${step}/input`), outputHash: hashOf(`${run}/${step}/output`) },
    ...{ model: '', inferenceSource: '', inferenceId: '', token: fromHex(TOKEN), cost: 0n },
  }
}

function itemsOf(batchId: string, items: number): ContributionItem[] {
  return Array.from({ length: items }, (_, index) => ({
    contentHash: hashOf(`${batchId}/${index}`),
    labelHash: hashOf(`${batchId}/${index}/label`),
  }))
}

function encode(event: EventOf): OutgoingRecord {
  return encodeEvent(event, '2026-01-01T00:00:00Z')
}

function bytesOf(vector: Int8Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
}
