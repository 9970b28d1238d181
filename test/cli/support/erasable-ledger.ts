import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ledgerIdOf } from '../../../anchor/ledger-id.ts'
import { loadConfig } from '../../../cli/config.ts'
import { Session } from '../../../cli/session.ts'
import { contribute } from '../../../client/src/contribute.ts'
import { FolderPayloadStore } from '../../../pipelines/payload-store.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { GENESIS, keyOf, type Name, signerOf } from '../../support/ledger/cast.ts'
import { uses } from '../../support/ledger/contributions.ts'
import { type Features, featuresOf, randomOf } from '../../support/ledger/random-features.ts'
import { LICENCE, Records, SOURCES } from '../../support/ledger/records.ts'
import { documentOf, type Ended } from './tally.ts'
import { tallyHere } from './tally-here.ts'

/** Vectors so long that their bytes are found in a file by chance never. */
const SHAPE = { rank: 48, classes: 2, checkpoints: 0 }
export const ITEMS = [0, 1, 2, 3]
export const OPERATOR = { OPERATOR_KEY: keyOf('operator') }
export const records = new Records(ledgerIdOf(GENESIS))

export const payloadOf = (name: Name, index: number) =>
  Buffer.from(`the diary of ${name}, page ${index}, which is nobody's business`)
export const featuresId = (name: Name, index: number) => `features of ${name} ${index}`
export const featuresOfItem = (name: Name, index: number): Features =>
  featuresOf(randomOf(1_000 * name.charCodeAt(0) + index), SHAPE, index % 2)
export const vectorOf = (name: Name, index: number) => Buffer.from(featuresOfItem(name, index).vector)

/** A ledger on the embedded log, without a chain, whose contributors have payloads and features that can be looked for. */
export class ErasableLedger {
  readonly data: string
  #used = 0

  private constructor(data: string) {
    this.data = data
  }

  static async found(data: string): Promise<ErasableLedger> {
    mkdirSync(data)
    writeFileSync(join(data, 'genesis.json'), JSON.stringify(GENESIS))
    const ledger = new ErasableLedger(data)
    await ledger.append(
      await records.source(SOURCES.operator, ['AssetRegistered', 'FeatureMapPublished', 'VoucherPresented']),
      await records.source(SOURCES.portal, ['ContributionBatch']),
      await records.source(SOURCES.gateway, ['InferenceRecorded', 'VoucherPresented']),
      await records.source(SOURCES.extractor, ['ContributionFeatures', 'InferenceFeatures']),
      await records.source(SOURCES.watcher, ['Deposited']),
      await records.asset('digits', 'dataset', { operator: 1_000_000 }),
      await records.asset('reader', 'model', { modeller: 1_000_000 }),
      await records.asset('gateway', 'infrastructure', { host: 1_000_000 }),
      await records.policy({ minEvents: 1 }),
      await records.featureMap(SHAPE),
      ...(await records.vouchers()),
      records.deposit('payer', 1_000_000n),
    )
    return ledger
  }

  /** The same ledger in another folder. */
  at(data: string): ErasableLedger {
    return new ErasableLedger(data)
  }

  async append(...sent: OutgoingRecord[]): Promise<void> {
    const session = new Session({ config: loadConfig({ environment: {}, flags: { data: this.data } }), verb: 'test' })
    try {
      await (await session.log()).sink.append(sent)
    } finally {
      await session.close()
    }
  }

  /** A batch whose payloads lie in the payload store, and its features. */
  async contributed(name: Name): Promise<OutgoingRecord[]> {
    const { id, record, payloads } = await contribute({
      ledgerId: ledgerIdOf(GENESIS),
      signer: signerOf(name),
      source: SOURCES.portal,
      dataset: 'digits',
      licence: LICENCE,
      items: ITEMS.map((index) => ({ payload: payloadOf(name, index), label: String(index % 2) })),
      id: `of ${name}`,
    })
    const store = new FolderPayloadStore(join(this.data, 'payloads'))
    for (const payload of payloads) await store.put(payload)
    const features = ITEMS.map((index) =>
      records.itemFeatures(id, index, featuresOfItem(name, index), `${name}/${index}`, { id: featuresId(name, index) }),
    )
    return [record, ...features]
  }

  /** Runs a verb with the operator's key. */
  tally(...args: string[]): Promise<Ended> {
    return tallyHere([...args, '--json', '--data', this.data], { env: OPERATOR })
  }

  /** Appends the records with four paid uses, and takes every step up to the published bundle. */
  async publish(...sent: OutgoingRecord[]): Promise<void> {
    const ids = ITEMS.map((index) => `use ${this.#used++} ${index}`)
    const used = uses(records, randomOf(5), ids, 1_000n, { shape: SHAPE }) as OutgoingRecord[]
    await this.append(...sent, ...used)
    for (const step of [['epoch', 'close', '--now'], ['attribute'], ['settle'], ['publish']]) {
      const ended = await this.tally(...step)
      if (ended.end !== 0) throw new Error(`${step.join(' ')}: ${JSON.stringify(documentOf(ended))}`)
    }
  }

  /** Files that hold a vector or a payload of a contributor. */
  filesOf(name: Name): string[] {
    const wanted = ITEMS.flatMap((index) => [vectorOf(name, index), payloadOf(name, index)])
    return [...new Set(wanted.flatMap((bytes) => this.filesWith(bytes)))]
  }

  /** The least number of files that hold the same vector of a contributor. */
  copiesOf(name: Name): number {
    return Math.min(...ITEMS.map((index) => this.filesWith(vectorOf(name, index)).length))
  }

  /** Files below the folder that hold the bytes. */
  filesWith(bytes: Buffer): string[] {
    return readdirSync(this.data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(bytes))
      .map((file) => relative(this.data, file))
      .sort()
  }
}
