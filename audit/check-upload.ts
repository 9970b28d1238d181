import { ledgerIdOf } from '../anchor/ledger-id.ts'
import { appendedProof } from '../anchor/log/appended-proof.ts'
import { ENTRY_OUTCOMES, type LedgerEntry } from '../anchor/log/entry.ts'
import { emptyFrontier, type Frontier } from '../anchor/log/frontier.ts'
import type { Manifest } from '../anchor/manifest.ts'
import { readUploadReceipt, signerOfUploadReceipt, type UploadReceipt } from '../anchor/uploads/receipt.ts'
import { entryDocument } from '../anchor/verify/entry-shape.ts'
import type { Omission } from '../anchor/verify/omission.ts'
import { type Hash32, toHex } from '../schemas/ids.ts'
import { reasonOfCode } from '../schemas/rejection.ts'
import { type EpochBundle, findEpochFolders, openRecords, readEpoch, TABLES } from './bundle.ts'
import { connectTo, findChainDifference } from './chain.ts'
import { DifferenceFound, differ } from './difference.ts'
import { checkFiles } from './files.ts'
import { checkTree, type EpochLeaves, LeafChecker, leavesIn } from './leaves.ts'
import { checkLinks } from './links.ts'
import type { CurrentRecord } from './records/current-record.ts'
import { checkCut, endsOfCut, readRecordsOfCut } from './records.ts'

type Item = UploadReceipt['items'][number]

/**
 * `included`: the ledger has a leaf of exactly this record. `omitted`: it has none, or one of another record: with the
 * operator's signature this proves the omission, from the ledger whose manifest this is; that it is the anchored one, only the
 * chain can say. `not yet`: no epoch reaches that far. `not decided`: an epoch has the place, but what holds its records to
 * the manifest was not given, or is at fault. `not looked for`: no bundle was given.
 */
export type UploadVerdict = 'included' | 'omitted' | 'not yet' | 'not decided' | 'not looked for'

export interface CheckedUploadItem {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly verdict: UploadVerdict
  readonly epoch: number | null
  readonly detail: string
}

export interface CheckedUpload {
  /** Signed by the ledger's operator, nothing omitted, and the bundle and the chain (where asked) agree. */
  readonly ok: boolean
  readonly signed: boolean
  readonly ledger: string
  readonly operator: string
  readonly chain: 'checked' | 'not checked'
  readonly items: readonly CheckedUploadItem[]
  /** What is wrong with the bundle or its anchoring, if anything: then it decides nothing more. */
  readonly fault: string | null
  /** Of the first omission found, for anybody to check without the bundles (docs/formats.md#omission). */
  readonly evidence: Omission | null
}

/** A record that is asked for. */
interface FoundRecord {
  readonly row: number
  /** With the published outcome and reason. */
  readonly entry: LedgerEntry
}

export interface CheckUploadOptions {
  /** An epoch's folder, or a folder of epochs. */
  readonly bundles?: string
  readonly rpcUrl?: string
}

/**
 * Checks an upload receipt (docs/formats.md#uploads): the operator's signature, and whether its ledger holds the records.
 *
 * @param receipt the parsed document, or its bytes
 * @throws InvalidUploadReceiptError, BundleNotFoundError, BundleUnreadableError
 * @throws UnknownChainError, RpcUnreachableError, RpcRefusedError when an RPC is given
 */
export async function checkUpload(receipt: unknown, options: CheckUploadOptions = {}): Promise<CheckedUpload> {
  const document = readUploadReceipt(receipt)
  const signed = (await signerOfUploadReceipt(document)) === document.genesis.operator
  const ledger = toHex(ledgerIdOf(document.genesis))
  const facts = { signed, ledger, operator: document.genesis.operator }
  if (!signed || options.bundles === undefined) {
    const detail = signed ? 'Give --bundle to look for it.' : 'The operator did not sign this.'
    const items = document.items.map((item) => answer(item, 'not looked for', null, detail))
    return { ok: signed, ...facts, chain: 'not checked', items, fault: null, evidence: null }
  }
  const search = new Search(document, ledger, options.rpcUrl)
  const fault = await search.run(options.bundles)
  const items = search.answers()
  const chain = options.rpcUrl !== undefined && search.asked > 0 ? 'checked' : 'not checked'
  return {
    ok: fault === null && !items.some(({ verdict }) => verdict === 'omitted'),
    ...facts,
    chain,
    items,
    fault,
    evidence: fault === null ? search.evidence : null,
  }
}

class Search {
  /** Epochs whose anchoring was asked for. */
  asked = 0
  evidence: Omission | null = null
  readonly #upload: UploadReceipt
  readonly #items: readonly Item[]
  readonly #ledger: string
  readonly #rpcUrl: string | undefined
  readonly #found = new Map<Item, CheckedUploadItem>()
  #fault: string | null = null

  constructor(upload: UploadReceipt, ledger: string, rpcUrl: string | undefined) {
    this.#upload = upload
    this.#items = upload.items
    this.#ledger = ledger
    this.#rpcUrl = rpcUrl
  }

  /** @returns what is wrong with a bundle, or null */
  async run(path: string): Promise<string | null> {
    try {
      await this.#lookInAll(path)
    } catch (error) {
      if (!(error instanceof DifferenceFound)) throw error
      const { where, expected, found } = error.difference
      this.#fault = `${where}: expected ${expected}, found ${found}.`
    }
    return this.#fault
  }

  /** From the first epoch on, so that the leaves of each are held to a root: stops when every item has its answer. */
  async #lookInAll(path: string): Promise<void> {
    let last: EpochBundle | undefined
    let frontier: Frontier | undefined
    for (const folder of await findEpochFolders(path)) {
      const bundle = await readEpoch(folder, await checkFiles(folder.path))
      const { epoch, manifest } = bundle
      if (manifest.ledger !== this.#ledger) differ('links', `${folder.path} ledger`, this.#ledger, manifest.ledger)
      const previous = last?.epoch === epoch - 1 ? last : undefined
      // With the ledger's own genesis.json: so its distributor is the one that the manifest names, and --rpc asks.
      checkLinks(bundle, previous)
      const ends = previous === undefined && epoch > 1 ? undefined : endsOfCut(previous?.manifest)
      checkCut(manifest.cut, ends, BigInt(previous?.manifest.cut.timeMs ?? 0))
      const here = this.#items.filter((item) => !this.#found.has(item) && isBelowCut(item, manifest))
      if (here.length > 0 && this.#rpcUrl !== undefined) await this.#askChain(bundle, this.#rpcUrl)
      // What the manifest says needs no table; a broken one could only hide it.
      for (const item of here) {
        const known = findInManifest(item, manifest)
        if (known !== undefined) this.#answer(item, known, manifest, null)
      }
      if (previous === undefined) frontier = epoch === 1 ? emptyFrontier() : undefined
      if (this.#isDone) return
      const before = frontier
      const tree = await checkTree(bundle, before)
      frontier = tree.frontier
      const rest = here.filter((item) => !this.#found.has(item))
      if (rest.length > 0) await this.#lookInRecords(rest, bundle, tree.leaves, before)
      if (this.#isDone) return
      last = bundle
    }
  }

  get #isDone(): boolean {
    return this.#items.every((item) => this.#found.has(item))
  }

  /**
   * @param frontier of the tree before this epoch, whose own leaves lead from it to the manifest's root
   * @throws DifferenceFound unless records and leaves belong together; then no item is answered
   */
  async #lookInRecords(
    items: readonly Item[],
    bundle: EpochBundle,
    leaves: EpochLeaves,
    frontier: Frontier | undefined,
  ): Promise<void> {
    const { epoch, manifest, hasRecords } = bundle
    if (!hasRecords || frontier === undefined) {
      const missing = hasRecords ? 'not all epochs before it were given' : 'its records were not given'
      const detail = `The epoch has a leaf for this place; ${missing}.`
      for (const item of items) this.#found.set(item, answer(item, 'not decided', epoch, detail))
      return
    }
    const places = await readPlaces(bundle, leaves, new Set(items.map(placeOf)))
    for (const item of items) {
      // Never missing: the records are all of the cut but its holes and gaps, and the item is in none of these.
      const record = places.get(placeOf(item)) ?? differ('records', TABLES.records, placeOf(item), undefined)
      const verdict = compareRecord(item, epoch, record, BigInt(manifest.tree.previousSize))
      if (verdict.verdict === 'included' || this.evidence !== null) {
        this.#found.set(item, verdict)
        continue
      }
      const hashes = leavesIn(leaves.hashes, 0, leaves.count)
      const proof = appendedProof(frontier, hashes, record.row).map((node) => toHex(node) as Hash32)
      const leaf = { entry: entryDocument(record.entry), index: frontier.size + record.row, proof }
      this.#answer(item, verdict, manifest, leaf)
    }
  }

  #answer(item: Item, verdict: CheckedUploadItem, manifest: Manifest, leaf: Omission['leaf']): void {
    this.#found.set(item, verdict)
    if (verdict.verdict !== 'omitted' || this.evidence !== null) return
    const place = this.#items.indexOf(item)
    this.evidence = {
      format: 'tallystick-omission/1',
      upload: this.#upload,
      item: place,
      manifest,
      leaf,
      checkpoint: null,
    }
  }

  /** @throws DifferenceFound unless the manifest is the one that was finalized */
  async #askChain({ manifest, manifestHash }: EpochBundle, rpcUrl: string): Promise<void> {
    const connection = await connectTo(rpcUrl, manifest.payout.chainId)
    this.asked++
    const difference =
      'where' in connection
        ? connection
        : await findChainDifference(connection, manifest, manifestHash, ['manifestHash', 'ledgerRoot', 'treeSize'])
    if (difference !== undefined) differ('chain', difference.where, difference.expected, difference.found)
  }

  answers(): CheckedUploadItem[] {
    return this.#items.map((item) => {
      const open =
        this.#fault === null
          ? answer(item, 'not yet', null, 'No epoch of these bundles reaches that far.')
          : answer(item, 'not decided', null, 'These bundles are at fault.')
      return this.#found.get(item) ?? open
    })
  }
}

/** A later incarnation of the topic counts: what the item's own one had there, no epoch from here on says. */
function isBelowCut(item: Item, { cut }: Manifest): boolean {
  return cut.partitions.some((part) => isWithin(item, part) && part.incarnation >= item.incarnation)
}

function isWithin(item: Item, range: { topic: string; partition: number; from: string; to: string }): boolean {
  const offset = BigInt(item.offset)
  const isThere = range.topic === item.topic && range.partition === item.partition
  return isThere && BigInt(range.from) <= offset && offset < BigInt(range.to)
}

function placeOf({ topic, partition, offset }: { topic: string; partition: number; offset: bigint | string }): string {
  return `${topic}/${partition}/${offset}`
}

/** What the manifest alone, which is what the chain anchors, says of an item below its cut; undefined: there is a record. */
function findInManifest(item: Item, { epoch, cut, holes, gaps }: Manifest): CheckedUploadItem | undefined {
  const omitted = (detail: string) => answer(item, 'omitted', epoch, detail)
  const part = cut.partitions.find((each) => isWithin(item, each))
  if (part !== undefined && part.incarnation !== item.incarnation)
    return answer(
      item,
      'not decided',
      epoch,
      `The topic is in incarnation ${part.incarnation} here, and the place in ${item.incarnation}: an epoch before has to decide.`,
    )
  if (holes.some((hole) => isWithin(item, hole)))
    return omitted('The manifest says that there is no record at this place.')
  if (gaps.some((gap) => isWithin(item, gap)))
    return omitted('The manifest says that the record was lost before it was read.')
  return undefined
}

/** @throws DifferenceFound unless records and leaves belong together */
async function readPlaces(
  bundle: EpochBundle,
  leaves: EpochLeaves,
  wanted: ReadonlySet<string>,
): Promise<Map<string, FoundRecord>> {
  const places = new Map<string, FoundRecord>()
  const checker = new LeafChecker(leaves)
  const table = await openRecords(bundle.folder)
  try {
    await readRecordsOfCut(table, bundle.manifest, (record) => {
      checker.add(record)
      if (wanted.has(placeOf(record))) places.set(placeOf(record), { row: record.row, entry: entryOf(record) })
    })
  } finally {
    await table.close()
  }
  checker.end()
  return places
}

/** Of a record whose leaf has a place for its outcome and reason. */
function entryOf(record: CurrentRecord): LedgerEntry {
  const { topic, partition, offset, incarnation, effectiveMs: effectiveTimeMs, reason } = record
  const outcome = ENTRY_OUTCOMES[record.outcome]!
  return { topic, partition, offset, incarnation, effectiveTimeMs, outcome, reason, content: record.contentHash() }
}

/** @param record at the item's place, with its leaf under the root of the manifest */
function compareRecord(item: Item, epoch: number, record: FoundRecord, previousSize: bigint): CheckedUploadItem {
  const content = toHex(record.entry.content)
  if (content !== item.content) return answer(item, 'omitted', epoch, `Another record is at this place: ${content}.`)
  const reason = reasonOfCode(record.entry.reason)
  const outcome = `${record.entry.outcome}${reason === undefined ? '' : ` (${reason})`}`
  return answer(item, 'included', epoch, `Leaf ${previousSize + BigInt(record.row)}: ${outcome}.`)
}

function answer(item: Item, verdict: UploadVerdict, epoch: number | null, detail: string): CheckedUploadItem {
  return { topic: item.topic, partition: item.partition, offset: item.offset, verdict, epoch, detail }
}
