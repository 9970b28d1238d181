import { ledgerIdOf } from '../anchor/ledger-id.ts'
import { ENTRY_OUTCOMES, encodeEntry } from '../anchor/log/entry.ts'
import { leafHash } from '../anchor/log/leaf-hash.ts'
import type { Manifest } from '../anchor/manifest.ts'
import { readUploadReceipt, signerOfUploadReceipt, type UploadReceipt } from '../anchor/uploads/receipt.ts'
import { toHex } from '../schemas/ids.ts'
import { reasonOfCode } from '../schemas/rejection.ts'
import { type EpochBundle, findEpochFolders, readEpoch } from './bundle.ts'
import { connectTo, findChainDifference } from './chain.ts'
import { DifferenceFound } from './difference.ts'
import { checkFiles } from './files.ts'
import { readRecord } from './records.ts'

type Item = UploadReceipt['items'][number]

/**
 * `included`: the ledger has a leaf of exactly this record. `omitted`: it has none, or one of another record: with the
 * operator's signature this proves the omission. `not yet`: no epoch reaches that far. `not decided`: the epoch has a leaf
 * for the place, but its records were not given. `not looked for`: no bundle was given.
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
  /** What is wrong with the bundle or its anchoring, if anything: then an omission says nothing about the anchored ledger. */
  readonly fault: string | null
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
    return { ok: signed, ...facts, chain: 'not checked', items, fault: null }
  }
  const search = new Search(document.items, ledger, options.rpcUrl)
  const fault = await search.run(options.bundles)
  const items = search.answers()
  const chain = options.rpcUrl !== undefined && search.asked > 0 ? 'checked' : 'not checked'
  return {
    ok: fault === null && !items.some(({ verdict }) => verdict === 'omitted'),
    ...facts,
    chain,
    items,
    fault,
  }
}

class Search {
  /** Epochs whose anchoring was asked for. */
  asked = 0
  readonly #items: readonly Item[]
  readonly #ledger: string
  readonly #rpcUrl: string | undefined
  readonly #found = new Map<Item, CheckedUploadItem>()

  constructor(items: readonly Item[], ledger: string, rpcUrl: string | undefined) {
    this.#items = items
    this.#ledger = ledger
    this.#rpcUrl = rpcUrl
  }

  /** @returns what is wrong with a bundle, or null */
  async run(path: string): Promise<string | null> {
    try {
      for (const folder of await findEpochFolders(path)) {
        const bundle = await readEpoch(folder, await checkFiles(folder.path))
        if (bundle.manifest.ledger !== this.#ledger) return `${folder.path} is of ledger ${bundle.manifest.ledger}.`
        const fault = await this.#lookIn(bundle)
        if (fault !== null) return fault
      }
      return null
    } catch (error) {
      if (!(error instanceof DifferenceFound)) throw error
      const { where, expected, found } = error.difference
      return `${where}: expected ${expected}, found ${found}.`
    }
  }

  async #lookIn(bundle: EpochBundle): Promise<string | null> {
    const here = this.#items.filter((item) => !this.#found.has(item) && isBelowCut(item, bundle.manifest))
    if (here.length === 0) return null
    const rows = new Map(
      bundle.records?.map((row, index) => [placeOf(row.topic, row.partition_id, row.record_offset), index]),
    )
    for (const item of here) this.#found.set(item, findItem(item, bundle, rows))
    return this.#rpcUrl === undefined ? null : this.#askChain(bundle, this.#rpcUrl)
  }

  async #askChain({ manifest, manifestHash }: EpochBundle, rpcUrl: string): Promise<string | null> {
    const connection = await connectTo(rpcUrl, manifest.payout.chainId)
    this.asked++
    const difference =
      'where' in connection
        ? connection
        : await findChainDifference(connection, manifest, manifestHash, ['manifestHash', 'ledgerRoot', 'treeSize'])
    if (difference === undefined) return null
    return `${difference.where}: expected ${difference.expected}, found ${difference.found}.`
  }

  answers(): CheckedUploadItem[] {
    return this.#items.map(
      (item) => this.#found.get(item) ?? answer(item, 'not yet', null, 'No epoch of these bundles reaches that far.'),
    )
  }
}

function isBelowCut(item: Item, { cut }: Manifest): boolean {
  return cut.partitions.some((part) => isWithin(item, part) && part.incarnation === item.incarnation)
}

function isWithin(item: Item, range: { topic: string; partition: number; from: string; to: string }): boolean {
  const offset = BigInt(item.offset)
  const isThere = range.topic === item.topic && range.partition === item.partition
  return isThere && BigInt(range.from) <= offset && offset < BigInt(range.to)
}

function placeOf(topic: string, partition: number, offset: bigint | string): string {
  return `${topic}/${partition}/${offset}`
}

function findItem(item: Item, bundle: EpochBundle, rows: ReadonlyMap<string, number>): CheckedUploadItem {
  const { epoch, manifest, records, leaves } = bundle
  if (manifest.holes.some((hole) => isWithin(item, hole)))
    return answer(item, 'omitted', epoch, 'The manifest says that there is no record at this place.')
  if (manifest.gaps.some((gap) => isWithin(item, gap)))
    return answer(item, 'omitted', epoch, 'The manifest says that the record was lost before it was read.')
  if (records === undefined)
    return answer(item, 'not decided', epoch, 'The epoch has a leaf for this place; its records were not given.')
  const index = rows.get(placeOf(item.topic, item.partition, item.offset))
  if (index === undefined) return answer(item, 'omitted', epoch, 'No record is at this place.')
  const record = readRecord(records[index]!, index)
  if (toHex(record.contentHash) !== item.content)
    return answer(item, 'omitted', epoch, `Another record is at this place: ${toHex(record.contentHash)}.`)
  const outcome = ENTRY_OUTCOMES[record.outcome]
  const leaf = leaves[index]
  const hash =
    outcome === undefined
      ? undefined
      : leafHash(
          encodeEntry({
            incarnation: record.incarnation,
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            effectiveTimeMs: record.effectiveMs,
            outcome,
            reason: record.reason,
            content: record.contentHash,
          }),
        )
  if (leaf === undefined || hash === undefined || toHex(leaf.leaf_hash) !== toHex(hash))
    return answer(item, 'omitted', epoch, 'The record is listed, but the ledger has another leaf in its place.')
  const reason = reasonOfCode(record.reason)
  return answer(
    item,
    'included',
    epoch,
    `Leaf ${leaf.leaf_index}: ${outcome}${reason === undefined ? '' : ` (${reason})`}.`,
  )
}

function answer(item: Item, verdict: UploadVerdict, epoch: number | null, detail: string): CheckedUploadItem {
  return { topic: item.topic, partition: item.partition, offset: item.offset, verdict, epoch, detail }
}
