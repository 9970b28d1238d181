import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { signEvent } from '../../anchor/signatures/signer.ts'
import { openLedger } from '../../jobs/ledger.ts'
import { EPOCH_STEPS, runStep } from '../../jobs/run-epoch.ts'
import { MemoryLog } from '../../pipelines/memory-source.ts'
import type { NewRecord } from '../../pipelines/record-source.ts'
import { openWarehouse } from '../../pipelines/warehouse/open-warehouse.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import type { EventBodies, EventOf, EventType } from '../../schemas/events.ts'
import type { Genesis } from '../../schemas/genesis.ts'
import { fromHex, toAddress, toHex } from '../../schemas/ids.ts'
import { AMOUNT_LIMIT } from '../../schemas/limits.ts'
import { INPUT_TOPICS, TOPICS } from '../../schemas/topics.ts'
import { Dice } from '../attribution/synthetic.ts'
import { type AuditBenchOptions, BATCH_ITEMS_MAX, SHAPE, SHARES } from './options.ts'

const START_MS = 1_767_225_600_000n
const INTERVAL_S = 3_600
const PARTITIONS = 4
const TIME = '2026-01-01T00:00:00Z'
const APPENDED_AT_ONCE = 20_000
const SOURCES = { operator: 'urn:operator', portal: 'urn:portal', gateway: 'urn:gateway', extractor: 'urn:extractor' }
const TOKEN = Buffer.alloc(20, 0x70)
const TREASURY = Buffer.alloc(20, 0x12)
const MAP = 'map-1'
const MODEL = 'digits/convolutional/2026-01-01/eu-01'
const INFRASTRUCTURE = 'gateway-of-the-operator.eu-central-1.example'

const hashOf = (text: string) => createHash('sha256').update(text).digest()
const signerOf = (name: string) => privateKeyToAccount(toHex(hashOf(`key/${name}`)))

const NOTHING = new Uint8Array(0)
const PAYER_KEY = signerOf('payer')
const PAYER = fromHex(toAddress(PAYER_KEY.address))

/** Makes the ledger unless it is there: the project's own close, attribution, settlement and publication, epoch by epoch. */
export async function makeBundle(options: AuditBenchOptions, say: (text: string) => void): Promise<void> {
  const { folder, epochs } = options
  if (existsSync(join(folder, 'bundles', `epoch-${String(epochs).padStart(6, '0')}`))) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'bundles'), { recursive: true })
  const maker = await Maker.open(options)
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      await maker.makeEpoch(epoch)
      say(`epoch ${epoch} of ${epochs} is published`)
    }
  } finally {
    maker.close()
  }
}

class Maker {
  readonly #options: AuditBenchOptions
  readonly #ledger: Awaited<ReturnType<typeof openLedger>>
  readonly #operator: PrivateKeyAccount
  readonly #contributors: readonly PrivateKeyAccount[]
  readonly #dice: Dice
  readonly #log: MemoryLog
  #nowMs = START_MS
  #batches = 0
  #uses = 0
  #items = 0

  private constructor(
    options: AuditBenchOptions,
    ledger: Awaited<ReturnType<typeof openLedger>>,
    operator: PrivateKeyAccount,
  ) {
    this.#options = options
    this.#ledger = ledger
    this.#operator = operator
    this.#contributors = Array.from({ length: options.accounts }, (_, n) => signerOf(`contributor ${n}`))
    this.#dice = new Dice(options.seed)
    this.#log = new MemoryLog({ now: () => this.#nowMs })
    for (const topic of INPUT_TOPICS) this.#log.createTopic(topic, PARTITIONS)
    this.#log.createTopic(TOPICS.epochs, 1)
  }

  static async open(options: AuditBenchOptions): Promise<Maker> {
    const operator = signerOf('operator')
    const genesis: Genesis = {
      format: 'tallystick-genesis/1',
      name: `audit bench, seed ${options.seed}`,
      chainId: 31_337,
      distributor: toAddress(`0x${'d1'.repeat(20)}`),
      operator: toAddress(operator.address),
    }
    const path = join(options.folder, 'warehouse.duckdb')
    const warehouse = await openWarehouse(path, { verb: 'bench', memoryLimit: '2GB' })
    return new Maker(options, await openLedger(warehouse, genesis), operator)
  }

  close(): void {
    this.#ledger.warehouse.close()
  }

  async makeEpoch(epoch: number): Promise<void> {
    const { records, epochs } = this.#options
    if (epoch === 1) await this.#append(await this.#registrations())
    await this.#fill(Math.floor(records / epochs), epoch)
    this.#nowMs += BigInt(INTERVAL_S) * 1_000n + 60_000n
    for (const step of EPOCH_STEPS.slice(0, EPOCH_STEPS.indexOf('propose'))) {
      const result = await runStep(step, {
        ledger: this.#ledger,
        source: this.#log,
        sink: this.#log,
        clock: () => this.#nowMs,
        bundles: join(this.#options.folder, 'bundles'),
        chain: () => Promise.reject(new Error('The bench has no chain.')),
      })
      if (result.did !== 'done') throw new RangeError(`${step}: ${result.detail}`)
    }
    // What is in the warehouse need not be in memory too.
    for (const { topic, partition, endOffset } of await this.#log.partitions(INPUT_TOPICS))
      this.#log.truncate(topic, partition, endOffset)
  }

  async #fill(count: number, epoch: number): Promise<void> {
    const { accounts, epochs } = this.#options
    const share = (thousandths: number) => Math.floor((count * thousandths) / 1_000)
    const contributions = share(SHARES.contributions)
    const uses = share(SHARES.uses)
    const fee = 250_000n
    await this.#append([this.#deposit(fee * BigInt(uses), epoch)])
    const perAccount = Math.floor((contributions * epochs) / accounts)
    const items = Math.min(BATCH_ITEMS_MAX, Math.max(1, perAccount))
    for (let left = contributions; left > 0; left -= items)
      await this.#append(await this.#batchWithFeatures(Math.min(items, left)))
    const first = this.#uses
    for (let at = 0; at < uses; at += APPENDED_AT_ONCE) {
      const some = Math.min(APPENDED_AT_ONCE, uses - at)
      await this.#append(Array.from({ length: some }, (_, n) => this.#use(first + at + n, fee)))
      await this.#append(Array.from({ length: some }, (_, n) => this.#useFeatures(first + at + n)))
    }
    this.#uses += uses
    await this.#append(Array.from({ length: share(SHARES.duplicates) }, (_, n) => this.#use(first + n, fee)))
    await this.#append(
      Array.from({ length: share(SHARES.refused) }, (_, n) =>
        this.#record('InferenceRecorded', 'urn:nobody', `refused-${epoch}-${n}`, this.#useBody(n, fee)),
      ),
    )
  }

  async #append(records: readonly NewRecord[]): Promise<void> {
    this.#nowMs += 1n
    await this.#log.append(records)
  }

  async #registrations(): Promise<NewRecord[]> {
    const operator = fromHex(toAddress(this.#operator.address))
    const source = (name: string, eventTypes: string[]) =>
      this.#signed('SourceRegistered', name, { source: name, key: operator, eventTypes })
    const asset = (name: string, kind: EventBodies['AssetRegistered']['kind']) =>
      this.#signed('AssetRegistered', name, {
        ...{
          asset: name,
          kind,
          title: name,
          licence: 'CC0-1.0',
          identity: '',
          access: 'open',
          parents: [],
          registrant: operator,
        },
        owners: [{ account: operator, parts: 1_000_000 }],
      })
    return Promise.all([
      source(SOURCES.operator, ['AssetRegistered', 'FeatureMapPublished', 'Deposited']),
      source(SOURCES.portal, ['ContributionBatch']),
      source(SOURCES.gateway, ['VoucherPresented', 'InferenceRecorded']),
      source(SOURCES.extractor, ['ContributionFeatures', 'InferenceFeatures']),
      asset('digits', 'dataset'),
      asset(MODEL, 'model'),
      asset(INFRASTRUCTURE, 'infrastructure'),
      this.#signed('PolicyPublished', 'policy', {
        ...{ policy: 'policy-1', epochIntervalS: INTERVAL_S, treasury: TREASURY, method: 'influence/factored@2' },
        ...{ dataParts: 500_000, modelParts: 300_000, upstreamParts: 0, agentParts: 0, outcomeParts: 0 },
        ...{ infrastructureParts: 150_000, treasuryParts: 50_000 },
        ...{ minEvents: 2, maxPeriodEpochs: 3, featureWaitEpochs: 0, outcomeWaitEpochs: 0, outsideWaitEpochs: 0 },
        ...{
          dataChannels: [],
          retrievalParts: 0,
          retrievalRule: 'score',
          holdBackParts: 0,
          holdBackEpochs: 0,
          minimumPayouts: [],
        },
        ...{ disputeWindowEpochs: 0, disputeWaitEpochs: 0, disputeBonds: [] },
      }),
      this.#signed('FeatureMapPublished', MAP, {
        ...{ featureMap: MAP, model: MODEL, kind: 'factored', ...SHAPE, unitExponent: 20 },
        ...{ extractor: SOURCES.extractor, similarity: 'none', registrant: operator },
        ...{ codeHash: hashOf('code'), weightsHash: hashOf('weights'), basisHash: hashOf('basis') },
        ...{ trainingSetHash: hashOf('training set'), fingerprintSalt: hashOf('salt').subarray(0, 16) },
      }),
      this.#voucher(),
    ])
  }

  async #batchWithFeatures(items: number): Promise<NewRecord[]> {
    const number = this.#batches++
    const id = `batch-${String(number).padStart(9, '0')}`
    const signer = this.#contributors[number % this.#contributors.length]!
    const batch = await signEvent(this.#ledger.ledgerId, signer, {
      type: 'ContributionBatch',
      source: SOURCES.portal,
      id,
      body: {
        account: fromHex(toAddress(signer.address)),
        dataset: 'digits',
        licence: 'CC0-1.0',
        items: Array.from({ length: items }, (_, index) => {
          const contentHash = hashOf(`${id}/${index}`)
          return { contentHash, labelHash: contentHash }
        }),
        commitmentSalt: new Uint8Array(0),
      },
    })
    const features = Array.from({ length: items }, (_, index) => {
      const { vector, multiplier, p, label } = this.#features()
      const body = { featureMap: MAP, batchSource: SOURCES.portal, batchId: id, index, a: vector, ua: multiplier, p }
      const rest = { checkpoints: [], label, fingerprint: hashOf(`content ${this.#items++}`), near: [] }
      return this.#record('ContributionFeatures', SOURCES.extractor, `${id}/${index}`, { ...body, ...rest })
    })
    return [encodeEvent(batch as EventOf, TIME), ...features]
  }

  /** For all uses. */
  async #voucher(): Promise<NewRecord> {
    const voucher = await signEvent(this.#ledger.ledgerId, PAYER_KEY, {
      type: 'VoucherPresented',
      source: SOURCES.gateway,
      id: 'voucher',
      body: { payer: PAYER, model: MODEL, token: TOKEN, cumulative: AMOUNT_LIMIT - 1n, sequence: 1n },
    })
    return encodeEvent(voucher as EventOf, TIME)
  }

  #deposit(amount: bigint, epoch: number): NewRecord {
    return this.#record('Deposited', SOURCES.operator, `deposit-${epoch}`, {
      chainId: 31_337n,
      distributor: fromHex(this.#ledger.genesis.distributor),
      payer: PAYER,
      token: TOKEN,
      amount,
      transactionHash: hashOf(`transaction ${epoch}`),
      logIndex: 0,
      blockNumber: BigInt(epoch),
      blockHash: hashOf(`block ${epoch}`),
    })
  }

  #use(number: number, fee: bigint): NewRecord {
    return this.#record('InferenceRecorded', SOURCES.gateway, idOfUse(number), this.#useBody(number, fee))
  }

  #useBody(number: number, fee: bigint): EventBodies['InferenceRecorded'] {
    const [inputHash, outputHash] = [hashOf(`input ${number}`), hashOf(`output ${number}`)]
    const assets = { model: MODEL, infrastructure: INFRASTRUCTURE, agent: '' }
    const quote = { quoteId: NOTHING, quoteExpiresMs: 0n, quoteSignature: NOTHING, retrieved: [] }
    const terms = { commercial: false, voucher: 1n, priceList: '', units: [], ...quote }
    return { ...assets, payer: PAYER, token: TOKEN, fee, inputHash, outputHash, ...terms }
  }

  #useFeatures(number: number): NewRecord {
    const { vector, multiplier, p, label } = this.#features()
    const inference = { featureMap: MAP, inferenceSource: SOURCES.gateway, inferenceId: idOfUse(number) }
    const numbers = { b: vector, ub: multiplier, p, checkpoints: [], label, labelKind: 'true' as const, p16: 30_000 }
    const body = { ...inference, ...numbers }
    return this.#record('InferenceFeatures', SOURCES.extractor, `features/${idOfUse(number)}`, body)
  }

  /** A sure class and a tail that halves from class to class; of eight labels one is another class. */
  #features(): { vector: Uint8Array; multiplier: number; p: number[]; label: number } {
    const { rank, classes } = SHAPE
    const dice = this.#dice
    const kind = dice.below(classes)
    const lean = (j: number) => ((j + kind) % 3 === 0 ? 40 : -20)
    const vector = Int8Array.from({ length: rank }, (_, j) => lean(j) + dice.below(41) - 20)
    const p = new Array<number>(classes).fill(0)
    let left = 1_000
    for (let c = 0; c < classes && left > 0; c++) {
      const part = c === classes - 1 ? left : Math.ceil(left * (0.5 + dice.below(400) / 1_000))
      p[(kind + c) % classes] = part
      left -= part
    }
    const label = dice.below(8) === 0 ? dice.below(classes) : kind
    return { vector: new Uint8Array(vector.buffer), multiplier: 5_000 + dice.below(30_000), p, label }
  }

  async #signed(type: EventType, id: string, body: object): Promise<NewRecord> {
    const unsigned = { type, source: SOURCES.operator, id, body } as never
    return encodeEvent((await signEvent(this.#ledger.ledgerId, this.#operator, unsigned)) as EventOf, TIME)
  }

  #record<Type extends EventType>(type: Type, source: string, id: string, body: EventBodies[Type]): NewRecord {
    return encodeEvent({ type, source, id, body } as EventOf, TIME)
  }
}

function idOfUse(number: number): string {
  return `use-${String(number).padStart(12, '0')}`
}
