import type { ChainConnection } from '../anchor/chain/connect.ts'
import { findFinalizingBlock } from '../anchor/chain/finalizing-block.ts'
import { emptyFrontier, type Frontier } from '../anchor/log/frontier.ts'
import type { Manifest } from '../anchor/manifest.ts'
import type { EventBodies } from '../schemas/events.ts'
import type { Genesis } from '../schemas/genesis.ts'
import { fromHex } from '../schemas/ids.ts'
import { type EpochBundle, type EpochFolder, findEpochFolders, readEpoch } from './bundle.ts'
import { type ChainDifference, connectTo, findChainDifference } from './chain.ts'
import { compareSettlement } from './compare-settlement.ts'
import { checkOutcomes, decideEpoch } from './decide.ts'
import { type ComparedDeposits, compareDeposits, depositsText } from './deposits.ts'
import { type Difference, DifferenceFound, differ } from './difference.ts'
import { type CheckedFiles, checkFiles } from './files.ts'
import { emptyHistory, type History } from './history.ts'
import { checkCounts, checkLeaves, checkTree } from './leaves.ts'
import { checkLinks } from './links.ts'
import { checkPublished } from './published.ts'
import { NoRandomnessError, ReExtractionNeedsRecordsError } from './re-extract/errors.ts'
import { type PaidPeriod, paidPeriodsOf, type Randomness, reExtract } from './re-extract/re-extract.ts'
import type { ReExtractedItem, ReExtraction, ReExtractionReport } from './re-extract/re-extraction.ts'
import { checkCut, endsOfCut, type PartitionEnds, readRecords } from './records.ts'
import { type Books, emptyBooks, settleEpoch } from './settlement.ts'
import { trustedBy } from './trusted.ts'

export interface AuditOptions {
  /** With it the chain is checked too. */
  readonly rpcUrl?: string
  /** With it features of some contributions are extracted anew. */
  readonly reExtract?: ReExtraction
  /** Only epochs up to this one: later folders are not looked at. */
  readonly through?: number
  /** Told of each epoch whose own checks have passed, in order. */
  readonly onEpoch?: (epoch: EpochAsRead) => void
  readonly onProgress?: (step: AuditStep) => void
}

/** An epoch as the audit read it. */
export interface EpochAsRead {
  readonly genesis: Genesis
  readonly manifest: Manifest
  /** Of the bytes that were read. */
  readonly manifestHash: string
  /** Accepted deposits; undefined when the epoch was not recomputed from records, only its public part was checked. */
  readonly deposits: readonly EventBodies['Deposited'][] | undefined
}

/** A check that passed. */
export interface AuditStep {
  readonly name: string
  readonly detail: string
  readonly epoch: number | null
}

/**
 * How an audit ended, for an exit code: `ok`; `difference` (the bundle or the chain says something false);
 * `chain not checked` (no difference, but nobody asked the chain whether these are the anchored epochs).
 */
export type AuditVerdict = 'ok' | 'difference' | 'chain not checked'

export interface AuditReport {
  /** No difference was found. */
  readonly ok: boolean
  readonly verdict: AuditVerdict
  readonly chain: 'checked' | 'not checked'
  /** What had to be taken on trust, in sentences. Never empty. */
  readonly trusted: readonly string[]
  readonly checked: readonly AuditStep[]
  readonly firstDifference?: Difference
  /** Only when it was asked for and the audit came so far. */
  readonly reExtraction?: ReExtractionReport
}

/**
 * Recomputes what an operator published and holds it to the chain (docs/formats.md, docs/attribution.md).
 *
 * The bundle is one epoch's folder or a folder of epochs. From epoch 1 on and with the restricted tier, everything is
 * recomputed from the records; else only what the public tier proves by itself is checked, and the report says so.
 * A bundle that is wrong in any way is a report with a first difference, never an exception.
 *
 * @throws BundleNotFoundError, BundleUnreadableError
 * @throws UnknownChainError, RpcUnreachableError, RpcRefusedError when an RPC is given
 * @throws NoRandomnessError, ReExtractionNeedsRecordsError, ExtractorDiffersError when features are to be extracted anew
 */
export async function auditBundle(path: string, options: AuditOptions = {}): Promise<AuditReport> {
  const { rpcUrl, reExtract: wanted } = options
  if (wanted !== undefined && wanted.randomness === undefined && rpcUrl === undefined) throw new NoRandomnessError()
  const { through = Number.POSITIVE_INFINITY } = options
  const folders = (await findEpochFolders(path)).filter(({ epoch }) => epoch === undefined || epoch <= through)
  const audit = new Audit(options)
  try {
    await audit.checkFolders(folders)
    if (rpcUrl !== undefined) await audit.checkChain(rpcUrl)
    if (wanted !== undefined) await audit.reExtract(wanted)
  } catch (error) {
    if (!(error instanceof DifferenceFound)) throw error
    return audit.report({ ...error.difference, epoch: audit.epoch })
  }
  return audit.report(undefined)
}

/** What recomputation carries from epoch to epoch; undefined as soon as an epoch's records are missing. */
interface Recomputation {
  readonly history: History
  readonly books: Books
  ends: PartitionEnds
}

/** What is remembered of an epoch when its tables are let go. */
interface AnchoredEpoch {
  readonly folder: EpochFolder
  readonly manifest: EpochBundle['manifest']
  readonly manifestHash: string
}

class Audit {
  /** The epoch at work, for a difference. */
  epoch: number | null = null
  readonly #onProgress: ((step: AuditStep) => void) | undefined
  readonly #onEpoch: AuditOptions['onEpoch']
  readonly #checked: AuditStep[] = []
  /** Accepted in recomputed epochs. */
  readonly #deposits: EventBodies['Deposited'][] = []
  #comparedDeposits: ComparedDeposits | undefined
  readonly #anchored: AnchoredEpoch[] = []
  #firstEpoch: number | null = null
  #recomputedTo = 0
  #connection: ChainConnection | undefined
  #history: History | undefined
  /** Kept only when features are to be extracted anew. */
  readonly #paid: PaidPeriod[] | undefined
  #reExtraction: ReExtractionReport | undefined

  constructor({ onProgress, onEpoch, reExtract }: AuditOptions) {
    this.#onProgress = onProgress
    this.#onEpoch = onEpoch
    this.#paid = reExtract === undefined ? undefined : []
  }

  async checkFolders(folders: readonly EpochFolder[]): Promise<void> {
    // All files of all epochs before anything else: a flipped byte is named as such, wherever it is.
    const files: CheckedFiles[] = []
    for (const folder of folders) {
      this.epoch = folder.epoch ?? null
      const checked = await checkFiles(folder.path)
      files.push(checked)
      this.#passed('files', `${checked.files} files, ${checked.bytes} bytes as listed in files.json`)
    }
    let previous: EpochBundle | undefined
    let frontier: Frontier | undefined
    let recomputation: Recomputation | undefined
    for (const [index, folder] of folders.entries()) {
      this.epoch = folder.epoch ?? null
      const bundle = await readEpoch(folder, files[index]!)
      this.epoch = bundle.epoch
      this.#firstEpoch ??= bundle.epoch
      if (bundle.epoch === 1) {
        frontier = emptyFrontier()
        recomputation = { history: emptyHistory(), books: emptyBooks(), ends: new Map() }
      }
      frontier = this.#checkPublic(bundle, previous, frontier)
      if (bundle.records === undefined) recomputation = undefined
      const deposits = recomputation === undefined ? undefined : await this.#recompute(bundle, recomputation)
      this.#deposits.push(...(deposits ?? []))
      const { genesis, manifest, manifestHash } = bundle
      this.#onEpoch?.({ genesis, manifest, manifestHash, deposits })
      this.#anchored.push({ folder, manifest: bundle.manifest, manifestHash: bundle.manifestHash })
      previous = bundle
    }
  }

  #checkPublic(
    bundle: EpochBundle,
    previous: EpochBundle | undefined,
    frontier: Frontier | undefined,
  ): Frontier | undefined {
    const { manifest } = bundle
    checkLinks(bundle, previous)
    this.#passed('links', `manifest ${bundle.manifestHash}`)
    // Where the epochs before are not given, a partition may begin anywhere.
    checkCut(
      manifest.cut,
      previous === undefined && bundle.epoch > 1 ? undefined : endsOfCut(previous?.manifest),
      BigInt(previous?.manifest.cut.timeMs ?? 0),
    )
    this.#passed('cut', `${manifest.cut.partitions.length} partitions, before ${manifest.cut.timeMs} ms`)
    const next = checkTree(bundle, frontier)
    this.#passed(
      'tree',
      `${bundle.leaves.length} leaves, ${next === undefined ? 'root not checked' : `root ${manifest.tree.root}`}`,
    )
    checkPublished(bundle, previous)
    this.#passed(
      'published amounts',
      `${bundle.accounts.length} accounts, ${bundle.lines.length} lines, payout root ${manifest.payout.root}`,
    )
    return next
  }

  /** @returns the accepted deposits */
  async #recompute(bundle: EpochBundle, recomputation: Recomputation): Promise<EventBodies['Deposited'][]> {
    const { history, books } = recomputation
    const { records, ends } = readRecords(bundle.records!, bundle.manifest, recomputation.ends)
    recomputation.ends = ends
    this.#passed('records', `${records.length} records, contiguous but for ${bundle.manifest.holes.length} holes`)
    const decided = await decideEpoch(history, bundle, bundle.epoch, records)
    checkOutcomes(records, decided.decisions)
    checkLeaves(bundle, records)
    checkCounts(bundle, decided.decisions)
    const { accepted, duplicate, rejected } = bundle.manifest.counts
    this.#passed(
      'decisions',
      `${accepted} accepted, ${duplicate} duplicate, ${rejected} rejected; every leaf recomputed`,
    )
    const settled = settleEpoch(books, bundle.epoch, decided, history)
    compareSettlement(bundle, settled, books)
    const paid = settled.periods.filter(({ manifest }) => manifest.state === 'paid').length
    this.#passed(
      'settlement',
      `${settled.periods.length} periods, ${paid} paid; scores, lines, amounts and state recomputed`,
    )
    this.#recomputedTo = bundle.epoch
    this.#history = history
    this.#paid?.push(...paidPeriodsOf(bundle.epoch, settled.periods, history))
    return decided.deposits.map(({ event }) => event.body)
  }

  async checkChain(rpcUrl: string): Promise<void> {
    const { chainId } = this.#anchored[0]!.manifest.payout
    this.epoch = null
    const connection = await connectTo(rpcUrl, chainId)
    if ('where' in connection) this.#chainDiffers(connection)
    for (const { manifest, manifestHash } of this.#anchored) {
      this.epoch = manifest.epoch
      const difference = await findChainDifference(connection as ChainConnection, manifest, manifestHash, [
        'ledgerRoot',
        'treeSize',
        'payoutRoot',
        'manifestHash',
        'totals',
        'attempt',
      ])
      if (difference !== undefined) this.#chainDiffers(difference)
      this.#passed('chain', `finalized record of chain ${chainId} says the same`)
    }
    this.#connection = connection as ChainConnection
    await this.#checkDeposits()
  }

  async #checkDeposits(): Promise<void> {
    this.epoch = null
    const at = { connection: this.#connection!, distributor: this.#anchored[0]!.manifest.payout.distributor }
    const found = await compareDeposits(at, this.#deposits)
    if (found.difference !== undefined) differ('deposits', ...found.difference)
    this.#passed('deposits', depositsText(found))
    this.#comparedDeposits = found
  }

  /** After the chain was checked, so that a block is asked for only where the epoch is known to be final. */
  async reExtract(options: ReExtraction): Promise<void> {
    const lastEpoch = this.#anchored.at(-1)!.manifest.epoch
    if (this.#history === undefined || this.#recomputedTo < lastEpoch)
      throw new ReExtractionNeedsRecordsError({ recomputedTo: this.#recomputedTo, lastEpoch })
    const report = await reExtract(options, {
      periods: this.#paid!,
      epochs: this.#anchored,
      history: this.#history,
      randomnessOf: (epoch) => this.#randomnessOf(epoch, options.randomness),
    })
    this.#reExtraction = report
    for (const { epoch, model, token, draws, outcomes } of report.periods) {
      this.epoch = epoch
      const wrong = report.items.find(
        (item) => item.outcome === 'differs' && item.epoch === epoch && item.model === model && item.token === token,
      )
      if (wrong !== undefined) featuresDiffer(wrong)
      const counted = Object.entries(outcomes).filter(([, count]) => count > 0)
      const detail = counted.map(([outcome, count]) => `${count} ${outcome}`).join(', ')
      this.#passed('features extracted again', `${model}: ${draws} draws; ${detail}`)
    }
  }

  async #randomnessOf(epoch: number, given: Uint8Array | undefined): Promise<Randomness> {
    if (given !== undefined) return { bytes: given, from: 'given' }
    const { chainId, distributor } = this.#anchored[0]!.manifest.payout
    const block = await findFinalizingBlock({ connection: this.#connection!, distributor }, BigInt(epoch))
    if (block === undefined) differ('chain', `block that finalized epoch ${epoch}`, 'a block', undefined)
    const { number, hash } = block!
    return { bytes: fromHex(hash), from: `hash of block ${number} of chain ${chainId}, which finalized the epoch` }
  }

  #chainDiffers({ where, expected, found }: ChainDifference): never {
    return differ('chain', where, expected, found)
  }

  report(firstDifference: Difference | undefined): AuditReport {
    const ok = firstDifference === undefined
    const isChainChecked = this.#connection !== undefined
    return {
      ok,
      verdict: !ok ? 'difference' : isChainChecked ? 'ok' : 'chain not checked',
      chain: isChainChecked ? 'checked' : 'not checked',
      trusted: trustedBy({
        firstEpoch: this.#firstEpoch,
        lastEpoch: this.#anchored.at(-1)?.manifest.epoch ?? null,
        recomputedTo: this.#recomputedTo,
        isChainChecked,
        deposits: this.#comparedDeposits,
        reExtraction: this.#reExtraction,
        gaps: this.#anchored.flatMap(({ manifest }) =>
          manifest.gaps.map(({ topic, partition, from, to }) => `${topic}/${partition} from ${from} to ${to}`),
        ),
      }),
      checked: this.#checked,
      ...(firstDifference === undefined ? {} : { firstDifference }),
      ...(this.#reExtraction === undefined ? {} : { reExtraction: this.#reExtraction }),
    }
  }

  #passed(name: string, detail: string): void {
    const step = { name, detail, epoch: this.epoch }
    this.#checked.push(step)
    this.#onProgress?.(step)
  }
}

/** The first thing that differs of a sampled contribution. @throws DifferenceFound always */
function featuresDiffer({ account, batchId, index, differences }: ReExtractedItem): never {
  const { field, published, extracted } = differences[0]!
  const where = `contribution ${batchId}/${index} of ${account}, ${field}`
  return differ('features extracted again', where, extracted, published)
}
