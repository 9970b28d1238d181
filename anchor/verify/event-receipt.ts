import { z } from 'zod'
import type { Hash32 } from '../../schemas/ids.ts'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { bytesToHex, decodeUtf8, hexToBytes } from '../bytes.ts'
import { HASH_BYTES, sha256 } from '../hash.ts'
import { contentHash, type RecordContent } from '../log/content-hash.ts'
import { verifyInclusion } from '../log/verify-inclusion.ts'
import { encodeManifest, type Manifest, manifestShape } from '../manifest.ts'
import { count, proof, readDocument } from '../shapes.ts'
import { type EntryDocument, entryLeafHash, entryShape, outcomeText, placeText } from './entry-shape.ts'
import { InvalidReceiptError, RECEIPT_BYTES_MAX } from './receipt.ts'
import { checkpointChecks, signedCheckpointShape, type Trust, type Vouched, vouchedBy } from './signed-checkpoint.ts'
import { assertEqual, type Check, ReceiptMismatchError, type ReceiptStep, runChecks } from './steps.ts'

export const EVENT_RECEIPT_FORMAT = 'tallystick-event-receipt/1'

const HEADERS_MAX = 10_000
/** Its one canonical form is asked for when it is decoded. */
const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64')

/** A record as its producer sent it. */
const recordShape = z.strictObject({
  key: base64.nullable(),
  headers: z.array(z.tuple([z.string(), base64.nullable()])).max(HEADERS_MAX),
  value: base64.nullable(),
})
type RecordDocument = z.infer<typeof recordShape>

/** @see docs/formats.md#event-receipt */
export const eventReceiptShape = z.strictObject({
  format: z.literal(EVENT_RECEIPT_FORMAT),
  manifest: manifestShape,
  entry: entryShape,
  index: count,
  proof,
  /** Not public, so null unless it was asked for. */
  record: recordShape.nullable(),
  checkpoint: signedCheckpointShape.nullable(),
})

/** An event's receipt of the right shape; nothing in it is checked yet. */
export type EventReceipt = z.infer<typeof eventReceiptShape>

export type EventReceiptCheck = 'manifest' | 'inclusion' | 'record' | 'checkpoint' | 'log key'

export interface VerifiedEventReceipt {
  readonly ok: boolean
  /** The epoch in whose tree the entry is shown; its own, or a later one. */
  readonly epoch: number
  readonly entry: EntryDocument
  /** Leaf in the ledger, from 0. */
  readonly index: number
  /** As the record's headers say, when the record is there and `ok`. */
  readonly event: { readonly source: string; readonly id: string; readonly type: string } | null
  readonly manifestHash: Hash32
  readonly vouched: Vouched
  readonly steps: readonly ReceiptStep<EventReceiptCheck>[]
}

/**
 * Reads an event's receipt from its bytes or from the parsed document. Runs in a browser.
 *
 * @throws {@link InvalidReceiptError}
 */
export function readEventReceipt(value: unknown): EventReceipt {
  return readDocument(value, {
    shape: eventReceiptShape,
    bytesMax: RECEIPT_BYTES_MAX,
    refuse: (detail, cause) => new InvalidReceiptError(detail, cause),
  })
}

/**
 * Everything about an event's receipt that can be checked without the chain: that the ledger has this entry, what was decided
 * about it, and, with the record, that it is this one. Runs in a browser.
 */
export async function verifyEventReceiptOffline(
  document: EventReceipt,
  trust: Trust = {},
): Promise<VerifiedEventReceipt> {
  const { manifest, entry, index, record, checkpoint } = document
  const manifestHash = bytesToHex(sha256(encodeManifest(manifest))) as Hash32
  const steps = await runChecks<EventReceiptCheck>([
    ['manifest', () => `The manifest of epoch ${manifest.epoch} has the hash ${manifestHash}.`],
    ['inclusion', () => checkInclusion(document)],
    ...(record === null ? [] : [['record', (() => checkRecord(record, entry)) as Check] as const]),
    ...checkpointChecks(manifest, checkpoint, trust),
  ])
  const ok = steps.every((step) => step.ok)
  return {
    ok,
    epoch: manifest.epoch,
    entry,
    index,
    event: ok && record !== null ? eventOf(record) : null,
    manifestHash,
    vouched: ok ? vouchedBy(checkpoint, trust) : 'nobody',
    steps,
  }
}

function checkInclusion({ manifest, entry, index, proof: nodes }: EventReceipt): string {
  verifyEntry(manifest.tree, { entry, index, proof: nodes })
  return `${placeText(entry)} is leaf ${index} of ${manifest.tree.size}: ${outcomeText(entry)}, content ${entry.content}.`
}

interface ProvenEntry {
  readonly entry: EntryDocument
  readonly index: number
  readonly proof: readonly Hash32[]
}

/** Holds an entry to the tree of a manifest. @throws as {@link verifyInclusion}; {@link EntryFormatError} */
export function verifyEntry(tree: Manifest['tree'], { entry, index, proof: nodes }: ProvenEntry): void {
  verifyInclusion({
    leafHash: entryLeafHash(entry),
    index,
    treeSize: Number(tree.size),
    proof: nodes.map((node) => hexToBytes(node, HASH_BYTES, 'A node')),
    rootHash: hexToBytes(tree.root, HASH_BYTES, 'The root of the ledger'),
  })
}

function checkRecord(record: RecordDocument, { content }: EntryDocument): string {
  assertEqual('content of the record', content, bytesToHex(contentHash(contentOf(record))))
  const { source, id, type } = eventOf(record)
  return `The record, ${type} ${id} of ${source}, has this content.`
}

/** How a receipt shows a record. */
export function recordDocument({ key, headers, value }: RecordContent): RecordDocument {
  const shown = (bytes: Uint8Array | null) => (bytes === null ? null : encodeBase64(bytes))
  return { key: shown(key), headers: headers.map(([name, bytes]) => [name, shown(bytes)]), value: shown(value) }
}

/** @throws {@link ReceiptMismatchError} base64 in another form than its one */
function contentOf({ key, headers, value }: RecordDocument): RecordContent {
  return {
    key: bytesOf('key', key),
    headers: headers.map(([name, text]) => [name, bytesOf(`header ${name}`, text)]),
    value: bytesOf('value', value),
  }
}

function bytesOf(what: string, text: string | null): Uint8Array | null {
  if (text === null) return null
  const bytes = decodeBase64(text)
  if (bytes === undefined)
    throw new ReceiptMismatchError(`${what} of the record`, 'canonical base64', text.slice(0, 80))
  return bytes
}

/** What its headers say; a rejected record may lack them. */
function eventOf({ headers }: RecordDocument): { source: string; id: string; type: string } {
  const told = (name: string) => {
    const text = headers.find((header) => header[0] === name)?.[1]
    const bytes = text === null || text === undefined ? undefined : decodeBase64(text)
    return bytes === undefined ? '(not told)' : decodeUtf8(bytes, `Header ${name}`)
  }
  return { source: told('ce_source'), id: told('ce_id'), type: told('ce_type') }
}
