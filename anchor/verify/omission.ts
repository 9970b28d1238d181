import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import type { Hash32 } from '../../schemas/ids.ts'
import { bytesToHex } from '../bytes.ts'
import { sha256 } from '../hash.ts'
import { ledgerIdOf } from '../ledger-id.ts'
import { encodeManifest, type Manifest, manifestShape } from '../manifest.ts'
import { count, proof, readDocument } from '../shapes.ts'
import { signerOfUploadReceipt, type UploadReceipt, uploadReceiptShape } from '../uploads/receipt.ts'
import { entryShape, outcomeText, placeText } from './entry-shape.ts'
import { verifyEntry } from './event-receipt.ts'
import { checkpointChecks, signedCheckpointShape, type Trust, type Vouched, vouchedBy } from './signed-checkpoint.ts'
import { assertBetween, assertEqual, ReceiptMismatchError, type ReceiptStep, runChecks } from './steps.ts'

export const OMISSION_FORMAT = 'tallystick-omission/1'
const OMISSION_BYTES_MAX = 16 * 1024 * 1024

/** @see docs/formats.md#omission */
export const omissionShape = z.strictObject({
  format: z.literal(OMISSION_FORMAT),
  upload: uploadReceiptShape,
  /** Place of the omitted record among the items of the upload, from 0. */
  item: count,
  /** Of the epoch whose cut holds the item's place. */
  manifest: manifestShape,
  /** The entry that the ledger has at the item's place; null: the manifest itself says that it has no record there. */
  leaf: z.strictObject({ entry: entryShape, index: count, proof }).nullable(),
  checkpoint: signedCheckpointShape.nullable(),
})

/** Evidence of an omission, of the right shape; nothing in it is checked yet. */
export type Omission = z.infer<typeof omissionShape>
type Item = UploadReceipt['items'][number]

/** This is no evidence of an omission at all. */
export class InvalidOmissionError extends TallyError {
  override readonly code = 'INVALID_OMISSION'
  constructor(detail: string, cause?: unknown) {
    super(`This is no evidence of an omission: ${detail}`, { cause, hint: 'Its shape is in docs/formats.md#omission.' })
  }
}

export type OmissionCheck = 'upload' | 'manifest' | 'place' | 'omission' | 'checkpoint' | 'log key'

export interface VerifiedOmission {
  /** The evidence holds against this manifest: it convicts when the manifest is the operator's, which the chain or `vouched` says. */
  readonly ok: boolean
  readonly ledger: string
  readonly operator: string
  readonly epoch: number
  readonly item: Item | null
  readonly manifestHash: Hash32
  readonly vouched: Vouched
  readonly steps: readonly ReceiptStep<OmissionCheck>[]
}

/**
 * Reads evidence of an omission from its bytes or from the parsed document. Runs in a browser.
 *
 * @throws {@link InvalidOmissionError}
 */
export function readOmission(value: unknown): Omission {
  return readDocument(value, {
    shape: omissionShape,
    bytesMax: OMISSION_BYTES_MAX,
    refuse: (detail, cause) => new InvalidOmissionError(detail, cause),
  })
}

/**
 * Checks evidence of an omission without the chain, so that it frames nobody: the operator signed that the record stands at
 * this place; the manifest is of the same ledger, chain and contract, and its cut holds the place; and at that place it has
 * no record, or the tree has another one. Whether the manifest is the one that the operator published, the chain says, or
 * the checkpoint with the operator's word on its key. Runs in a browser.
 */
export async function verifyOmissionOffline(document: Omission, trust: Trust = {}): Promise<VerifiedOmission> {
  const { upload, manifest, checkpoint } = document
  const manifestHash = bytesToHex(sha256(encodeManifest(manifest))) as Hash32
  const ledger = bytesToHex(ledgerIdOf(upload.genesis))
  const item = upload.items[document.item]
  const steps = await runChecks<OmissionCheck>([
    ['upload', () => checkUploadReceipt(document)],
    ['manifest', () => checkManifest(document, ledger, manifestHash)],
    ['place', () => checkPlace(item!, manifest)],
    ['omission', () => checkOmission(document, item!)],
    ...checkpointChecks(manifest, checkpoint, trust),
  ])
  const ok = steps.every((step) => step.ok)
  return {
    ok,
    ledger,
    operator: upload.genesis.operator,
    epoch: manifest.epoch,
    item: item ?? null,
    manifestHash,
    vouched: ok ? vouchedBy(checkpoint, trust) : 'nobody',
    steps,
  }
}

async function checkUploadReceipt({ upload, item }: Omission): Promise<string> {
  assertBetween('item', BigInt(item), 0n, BigInt(upload.items.length - 1))
  const signer = await signerOfUploadReceipt(upload)
  assertEqual('signer of the upload receipt', upload.genesis.operator, signer ?? 'nobody')
  const { content, ...place } = upload.items[item]!
  return `The operator ${signer} signed that ${content} stands at ${placeText(place)}.`
}

function checkManifest({ upload, manifest }: Omission, ledger: string, manifestHash: string): string {
  assertEqual('ledger of the manifest', ledger, manifest.ledger)
  assertEqual('payout.chainId', upload.genesis.chainId, manifest.payout.chainId)
  assertEqual('payout.distributor', upload.genesis.distributor, manifest.payout.distributor)
  return `The manifest of epoch ${manifest.epoch} of that ledger has the hash ${manifestHash}.`
}

/** A place is a topic's in one incarnation: what another incarnation has there is another place. */
function checkPlace(item: Item, { cut, epoch }: Manifest): string {
  const part = cut.partitions.find((each) => isAt(item, each))
  if (part === undefined) throw new ReceiptMismatchError('cut of the manifest', placeText(item), 'none')
  assertEqual('incarnation of the cut', item.incarnation, part.incarnation)
  assertBetween('offset', BigInt(item.offset), BigInt(part.from), BigInt(part.to) - 1n)
  return `The place lies in the cut of epoch ${epoch}, offsets ${part.from} to ${part.to}.`
}

function checkOmission({ manifest, leaf }: Omission, item: Item): string {
  if (leaf === null) return checkAbsence(item, manifest)
  const { entry, index } = leaf
  assertEqual('incarnation of the leaf', item.incarnation, entry.incarnation)
  assertEqual('place of the leaf', placeText(item), placeText(entry))
  assertBetween('index of the leaf', BigInt(index), BigInt(manifest.tree.previousSize), BigInt(manifest.tree.size) - 1n)
  verifyEntry(manifest.tree, leaf)
  if (entry.content === item.content)
    throw new ReceiptMismatchError('content of the leaf', 'another than was promised', entry.content)
  return `Another record is there: leaf ${index}, ${outcomeText(entry)}, content ${entry.content}.`
}

function checkAbsence(item: Item, { holes, gaps }: Manifest): string {
  const contains = (range: { topic: string; partition: number; from: string; to: string }) =>
    isAt(item, range) && BigInt(range.from) <= BigInt(item.offset) && BigInt(item.offset) < BigInt(range.to)
  if (holes.some(contains)) return 'The manifest says that there is no record at this place.'
  if (gaps.some(contains)) return 'The manifest says that the record was lost before it was read.'
  throw new ReceiptMismatchError('holes and gaps of the manifest', placeText(item), 'a record there')
}

function isAt(item: Item, { topic, partition }: { readonly topic: string; readonly partition: number }): boolean {
  return topic === item.topic && partition === item.partition
}
