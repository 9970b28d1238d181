import { dirname } from 'node:path'
import type { ChainConnection } from '../anchor/chain/connect.ts'
import { findFinalizingBlock } from '../anchor/chain/finalizing-block.ts'
import { emptyFrontier, type Frontier } from '../anchor/log/frontier.ts'
import type { Manifest } from '../anchor/manifest.ts'
import type { EventBodies } from '../schemas/events.ts'
import type { Genesis } from '../schemas/genesis.ts'
import { fromHex } from '../schemas/ids.ts'
import {
  type AnnouncedAdjustment,
  type EpochBundle,
  type EpochFolder,
  findEpochFolders,
  readAnnounced,
  readEpoch,
} from './bundle.ts'
import { type ChainDifference, connectTo, findChainDifference } from './chain.ts'
import { ANSWERS_CHECK, type ComparedAnswers, contractAnswersText, HeldAnswers } from './contract-answers.ts'
import { type ComparedDeposits, compareDeposits, depositsText } from './deposits.ts'
import { type Difference, DifferenceFound, differ } from './difference.ts'
import { EpochNotGivenError } from './errors.ts'
import { type CheckedFiles, checkFiles } from './files.ts'
import { type History, isErased } from './history.ts'
import { checkTree, type EpochLeaves } from './leaves.ts'
import { checkLinks } from './links.ts'
import { type CheckedLog, checkLog, logText } from './log.ts'
import { checkPublished } from './published.ts'
import { NoRandomnessError, ReExtractionNeedsRecordsError } from './re-extract/errors.ts'
import { type PaidPeriod, paidPeriodsOf, type Randomness, reExtract } from './re-extract/re-extract.ts'
import type { ReExtractedItem, ReExtraction, ReExtractionReport } from './re-extract/re-extraction.ts'
import { Recomputation, type SeenOnChain } from './recompute.ts'
import { checkCut, checkIncarnations, endsOfCut } from './records.ts'
import { type AuditedEpoch, type AuditReport, type AuditStep, classOf, countFeatures } from './report.ts'
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
  /**
   * The first epoch that is decided, attributed and settled again; default: all. Of those before it the records are read, but
   * signatures, refusals, influence and amounts are taken on trust. They have to be given, since the first.
   */
  readonly from?: 'genesis' | number
  /** Whether only what the public tier says of amounts is checked: neither records nor leaves are read, nor need be there. */
  readonly payoutOnly?: boolean
  /** Told once everything that was given is recomputed from its records, before the chain is asked. */
  readonly onRecomputed?: (recomputed: RecomputedLedger) => void
  readonly onProgress?: (step: AuditStep) => void
}

/** What whoever asks for more than a report may look at. */
export interface RecomputedLedger {
  readonly history: History
  /** All epochs, in order. */
  readonly epochs: readonly { readonly folder: EpochFolder; readonly manifest: Manifest }[]
}

/** An epoch as the audit read it. */
export interface EpochAsRead {
  readonly genesis: Genesis
  readonly manifest: Manifest
  /** Of the bytes that were read. */
  readonly manifestHash: string
  readonly how: AuditedEpoch['how']
  /** Accepted deposits; undefined when the epoch was not recomputed from records, only its public part was checked. */
  readonly deposits: readonly EventBodies['Deposited'][] | undefined
  /** Accepted answers of contracts; undefined as above. */
  readonly contractAnswers: readonly EventBodies['SignatureChecked'][] | undefined
}

/**
 * Recomputes what an operator published and holds it to the chain (docs/formats.md, docs/attribution.md).
 *
 * The bundle is one epoch's folder or a folder of epochs. From epoch 1 on and with the restricted tier, everything is
 * recomputed from the records; else only what the public tier proves by itself is checked, and the report says so.
 * A bundle that is wrong in any way is a report with a first difference, never an exception.
 *
 * Memory: docs/operations/audit.md says how much for each record of the largest epoch, each id and each contribution.
 *
 * @throws BundleNotFoundError, BundleUnreadableError
 * @throws EpochNotGivenError when `from` is after the last epoch
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
    audit.tellRecomputed(options.onRecomputed)
    if (rpcUrl !== undefined) await audit.checkChain()
    if (wanted !== undefined) await audit.reExtract(wanted)
  } catch (error) {
    if (!(error instanceof DifferenceFound)) throw error
    return audit.report({ ...error.difference, epoch: audit.epoch })
  }
  return audit.report(undefined)
}

/** What is remembered of an epoch when its tables are let go. */
interface AnchoredEpoch {
  readonly folder: EpochFolder
  readonly manifest: EpochBundle['manifest']
  readonly manifestHash: string
  readonly how: AuditedEpoch['how']
}

/** How far an epoch was recomputed, and what its records say of the chain. */
interface RecomputedEpoch extends Partial<SeenOnChain> {
  readonly how: AuditedEpoch['how']
}

class Audit {
  /** The epoch at work, for a difference. */
  epoch: number | null = null
  readonly #onProgress: ((step: AuditStep) => void) | undefined
  readonly #onEpoch: AuditOptions['onEpoch']
  readonly #from: number
  readonly #isPayoutOnly: boolean
  readonly #checked: AuditStep[] = []
  /** Accepted in recomputed epochs. */
  readonly #deposits: EventBodies['Deposited'][] = []
  #comparedDeposits: ComparedDeposits | undefined
  readonly #answers = new HeldAnswers(() => this.#connected())
  #comparedAnswers: ComparedAnswers | undefined
  readonly #anchored: AnchoredEpoch[] = []
  #firstEpoch: number | null = null
  readonly #rpcUrl: string | undefined
  #connection: ChainConnection | undefined
  #isChainChecked = false
  #log: CheckedLog = { did: 'not there' }
  /** Adjustments whose epochs are all recomputed here. */
  readonly #announced: AnnouncedAdjustment[] = []
  /** Undefined as soon as an epoch's records are missing. */
  #recomputation: Recomputation | undefined
  /** The one that went furthest, whose counts are told. */
  #counted: Recomputation | undefined
  /** Kept only when features are to be extracted anew. */
  readonly #paid: PaidPeriod[] | undefined
  #reExtraction: ReExtractionReport | undefined

  constructor({ rpcUrl, onProgress, onEpoch, reExtract: wanted, from = 'genesis', payoutOnly = false }: AuditOptions) {
    this.#rpcUrl = rpcUrl
    this.#onProgress = onProgress
    this.#onEpoch = onEpoch
    this.#from = from === 'genesis' ? 1 : from
    this.#isPayoutOnly = payoutOnly
    this.#paid = wanted === undefined ? undefined : []
  }

  async checkFolders(folders: readonly EpochFolder[]): Promise<void> {
    // All files of all epochs before anything else: a flipped byte is named as such, wherever it is.
    const files: CheckedFiles[] = []
    for (const folder of folders) {
      this.epoch = folder.epoch ?? null
      const checked = await checkFiles(folder.path, { amountsOnly: this.#isPayoutOnly })
      files.push(checked)
      this.#passed('files', `${checked.files} files, ${checked.bytes} bytes as listed in files.json`)
    }
    if (!this.#isPayoutOnly) await this.#readAnnounced(folders, files)
    let previous: EpochBundle | undefined
    let frontier: Frontier | undefined
    for (const [index, folder] of folders.entries()) {
      this.epoch = folder.epoch ?? null
      const bundle = await readEpoch(folder, files[index]!)
      this.epoch = bundle.epoch
      this.#firstEpoch ??= bundle.epoch
      if (bundle.epoch === 1) frontier = emptyFrontier()
      frontier = await this.#checkEpoch(bundle, previous, frontier)
      previous = bundle
    }
    const last = previous?.epoch ?? 0
    if (this.#from > last) throw new EpochNotGivenError({ from: this.#from, last })
    await this.#checkLog(folders[0]!, previous!)
    this.#checkErasures(last)
  }

  tellRecomputed(tell: AuditOptions['onRecomputed']): void {
    if (this.#recomputation === undefined || this.#recomputedTo !== this.#anchored.at(-1)?.manifest.epoch) return
    tell?.({ history: this.#recomputation.history, epochs: this.#anchored })
  }

  /** Epochs before the first recomputed one are not settled again: what adjustments of them found is trusted. */
  async #readAnnounced(folders: readonly EpochFolder[], files: readonly CheckedFiles[]): Promise<void> {
    for (const [index, folder] of folders.entries())
      for (const each of await readAnnounced(folder, files[index]!))
        if (each.fromEpoch >= this.#from) this.#announced.push(each)
  }

  async #checkEpoch(
    bundle: EpochBundle,
    previous: EpochBundle | undefined,
    frontier: Frontier | undefined,
  ): Promise<Frontier | undefined> {
    this.#checkManifest(bundle, previous)
    const tree = this.#isPayoutOnly ? undefined : await this.#checkTree(bundle, frontier)
    this.#checkAmounts(bundle, previous)
    const { how, deposits, contractAnswers }: RecomputedEpoch =
      tree === undefined ? { how: 'public' } : await this.#recompute(bundle, tree.leaves)
    for (const deposit of deposits ?? []) this.#deposits.push(deposit)
    const { folder, genesis, manifest, manifestHash } = bundle
    this.#onEpoch?.({ genesis, manifest, manifestHash, how, deposits, contractAnswers })
    this.#anchored.push({ folder, manifest, manifestHash, how })
    if (this.#rpcUrl !== undefined) await this.#answers.hold(contractAnswers ?? [])
    return tree?.frontier
  }

  #checkManifest(bundle: EpochBundle, previous: EpochBundle | undefined): void {
    const { manifest } = bundle
    checkLinks(bundle, previous)
    this.#passed('links', `manifest ${bundle.manifestHash}`)
    checkIncarnations(manifest.cut)
    // Where the epochs before are not given, a partition may begin anywhere.
    checkCut(
      manifest.cut,
      previous === undefined && bundle.epoch > 1 ? undefined : endsOfCut(previous?.manifest),
      BigInt(previous?.manifest.cut.timeMs ?? 0),
    )
    this.#passed('cut', `${manifest.cut.partitions.length} partitions, before ${manifest.cut.timeMs} ms`)
  }

  async #checkTree(bundle: EpochBundle, frontier: Frontier | undefined) {
    const tree = await checkTree(bundle, frontier)
    const root = tree.frontier === undefined ? 'root not checked' : `root ${bundle.manifest.tree.root}`
    this.#passed('tree', `${tree.leaves.count} leaves, ${root}`)
    return tree
  }

  #checkAmounts(bundle: EpochBundle, previous: EpochBundle | undefined): void {
    checkPublished(bundle, previous)
    this.#passed(
      'published amounts',
      `${bundle.accounts.length} accounts, ${bundle.lines.length} lines, payout root ${bundle.manifest.payout.root}`,
    )
  }

  async #recompute(bundle: EpochBundle, leaves: EpochLeaves): Promise<RecomputedEpoch> {
    if (bundle.epoch === 1)
      this.#recomputation = new Recomputation((name, detail) => this.#passed(name, detail), this.#announced, this.#from)
    if (!bundle.hasRecords) this.#recomputation = undefined
    const recomputation = this.#recomputation
    if (recomputation === undefined) return { how: 'public' }
    this.#counted = recomputation
    if (bundle.epoch < this.#from) {
      return { how: 'taken over', ...(await recomputation.takeOver(bundle, leaves)) }
    }
    const trusted = recomputation.trustedAdjustments.length
    const { periods, ...seen } = await recomputation.recompute(bundle, leaves)
    const isTrusting = recomputation.trustedAdjustments.length > trusted
    this.#paid?.push(...paidPeriodsOf(bundle.epoch, periods, recomputation.history))
    const { erasures } = recomputation.history
    const isWhole = !isTrusting && !erasures.hasRecordIn(bundle.epoch) && !erasures.hasPeriodIn(bundle.epoch)
    return { how: isWhole ? 'recomputed' : 'but for erased', ...seen }
  }

  /** After the last epoch, whose orders may be of records of every one. */
  #checkErasures(lastEpoch: number): void {
    const history = this.#counted?.history
    const found = history?.erasures.unordered((record) => isErased(history, record), this.#counted!.lastEpoch)
    if (history === undefined) return
    const { records, items } = history.erasures.counts(lastEpoch)
    if (found === undefined && records === 0) return
    this.epoch = found?.epoch ?? null
    if (found !== undefined) differ('erasures', found.where, found.expected, undefined)
    this.#passed('erasures', `${records} records of ${items} items, each by an order that was accepted`)
  }

  /** The log lies beside the folder of the bundles. */
  async #checkLog(first: EpochFolder, last: EpochBundle): Promise<void> {
    this.epoch = null
    const trees = this.#anchored.map(({ manifest: { epoch, tree }, manifestHash }) => {
      return { epoch, size: tree.size, root: tree.root, manifestHash }
    })
    this.#log = await checkLog(dirname(dirname(first.path)), last.ledgerId, trees)
    if (this.#log.did === 'checked') this.#passed('log', logText(this.#log))
  }

  /** To the node that was given. */
  async #connected(): Promise<ChainConnection> {
    if (this.#connection !== undefined) return this.#connection
    const connection = await connectTo(this.#rpcUrl!, this.#anchored[0]!.manifest.payout.chainId)
    if ('where' in connection) return this.#chainDiffers(connection)
    this.#connection = connection
    return connection
  }

  async checkChain(): Promise<void> {
    const { chainId } = this.#anchored[0]!.manifest.payout
    this.epoch = null
    const connection = await this.#connected()
    for (const { manifest, manifestHash } of this.#anchored) {
      this.epoch = manifest.epoch
      const difference = await findChainDifference(connection, manifest, manifestHash, [
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
    this.#isChainChecked = true
    await this.#checkDeposits()
    await this.#checkContractAnswers()
  }

  async #checkDeposits(): Promise<void> {
    this.epoch = null
    const at = { connection: this.#connection!, distributor: this.#anchored[0]!.manifest.payout.distributor }
    const found = await compareDeposits(at, this.#deposits)
    if (found.difference !== undefined) differ('deposits', ...found.difference)
    this.#passed('deposits', depositsText(found))
    this.#comparedDeposits = found
  }

  async #checkContractAnswers(): Promise<void> {
    const compared = await this.#answers.ask()
    if (this.#anchored.every(({ how }) => how === 'public')) return
    this.#passed(ANSWERS_CHECK, contractAnswersText(compared))
    this.#comparedAnswers = compared
  }

  /** After the chain was checked, so that a block is asked for only where the epoch is known to be final. */
  async reExtract(options: ReExtraction): Promise<void> {
    const lastEpoch = this.#anchored.at(-1)!.manifest.epoch
    if (this.#recomputation === undefined || this.#recomputedTo < lastEpoch)
      throw new ReExtractionNeedsRecordsError({ recomputedTo: this.#recomputedTo, lastEpoch })
    const report = await reExtract(options, {
      periods: this.#paid!,
      epochs: this.#anchored,
      history: this.#recomputation.history,
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

  /** 0 when no epoch was. */
  get #recomputedTo(): number {
    return this.#anchored.findLast(({ how }) => how === 'recomputed' || how === 'but for erased')?.manifest.epoch ?? 0
  }

  report(firstDifference: Difference | undefined): AuditReport {
    const ok = firstDifference === undefined
    const isChainChecked = this.#isChainChecked
    const features = countFeatures(this.#reExtraction)
    const isWhole = this.#anchored.every(({ how }) => how === 'recomputed')
    const erased = this.#counted?.history.erasures.counts(this.#counted.lastEpoch) ?? null
    const takenOver = this.#anchored.filter(({ how }) => how === 'taken over').map(({ manifest }) => manifest.epoch)
    return {
      ok,
      verdict: !ok ? 'difference' : isChainChecked ? 'ok' : 'chain not checked',
      class: classOf({ firstDifference, isWhole, isChainChecked, features }),
      chain: isChainChecked ? 'checked' : 'not checked',
      log: this.#log.did,
      trusted: trustedBy({
        firstEpoch: this.#firstEpoch,
        lastEpoch: this.#anchored.at(-1)?.manifest.epoch ?? null,
        takenOver: takenOver.length === 0 ? null : { first: takenOver[0]!, last: takenOver.at(-1)! },
        recomputedTo: this.#recomputedTo,
        isPayoutOnly: this.#isPayoutOnly,
        isChainChecked,
        deposits: this.#comparedDeposits,
        contractAnswers: this.#comparedAnswers,
        log: this.#log,
        erased,
        reExtraction: this.#reExtraction,
        trustedAdjustments: this.#counted?.trustedAdjustments ?? [],
        gaps: this.#anchored.flatMap(({ manifest }) =>
          manifest.gaps.map(({ topic, partition, from, to }) => `${topic}/${partition} from ${from} to ${to}`),
        ),
      }),
      checked: this.#checked,
      epochs: this.#anchored.map(toAuditedEpoch),
      counts: this.#counted?.counts() ?? null,
      contractAnswers: this.#comparedAnswers ?? null,
      features,
      erased,
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

function toAuditedEpoch({ manifest, manifestHash, how }: AnchoredEpoch): AuditedEpoch {
  const { epoch, attempt, tree, payout } = manifest
  return {
    ...{ epoch, attempt, manifestHash, how },
    ...{ ledgerRoot: tree.root, treeSize: tree.size, payoutRoot: payout.root },
  }
}

/** The first thing that differs of a sampled contribution. @throws DifferenceFound always */
function featuresDiffer({ account, batchId, index, differences }: ReExtractedItem): never {
  const { field, published, extracted } = differences[0]!
  const where = `contribution ${batchId}/${index} of ${account}, ${field}`
  return differ('features extracted again', where, extracted, published)
}
