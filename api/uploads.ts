import type { LocalAccount } from 'viem'
import { z } from 'zod'
import { contentHash } from '../anchor/log/content-hash.ts'
import { recoverTypedData } from '../anchor/signatures/signer.ts'
import { UPLOAD_ITEMS_MAX, type UploadReceipt } from '../anchor/uploads/receipt.ts'
import { signUploadReceipt } from '../anchor/uploads/sign.ts'
import { uploadTypedData } from '../anchor/uploads/typed-data.ts'
import type { RegisteredSource } from '../jobs/registered-source.ts'
import type { NewRecord, RecordSink } from '../pipelines/record-source.ts'
import { parseHeaders } from '../schemas/cloud-events.ts'
import { decodeRecord } from '../schemas/decode-record.ts'
import type { Genesis } from '../schemas/genesis.ts'
import { fromHex } from '../schemas/ids.ts'
import { INPUT_TOPICS } from '../schemas/topics.ts'

export interface UploadPorts {
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  /** Signs receipts; its address is `genesis.operator`. */
  readonly operator: LocalAccount
  readonly sink: RecordSink
  /** The registration in force; undefined when there is none. */
  readonly sourceOf: (source: string) => Promise<RegisteredSource | undefined>
}

/** A record that cannot be taken, by its place in the upload. */
export interface UploadFault {
  readonly index: number
  readonly reason: string
  readonly detail: string
}

export type UploadAnswer =
  | { readonly outcome: 'accepted'; readonly receipt: UploadReceipt }
  | { readonly outcome: 'malformed'; readonly detail: string }
  | { readonly outcome: 'refused'; readonly code: 'SOURCE_UNKNOWN' | 'SIGNATURE_INVALID'; readonly detail: string }
  | { readonly outcome: 'rejected'; readonly records: readonly UploadFault[] }

/** A name with half a surrogate has no bytes that everybody agrees on. */
const wellFormed = z.string().refine((text) => Buffer.from(text).toString() === text, 'must be well-formed Unicode')
const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'))

const upload = z.strictObject({
  source: z.string().min(1).max(256),
  signature: z.string().regex(/^0x[0-9a-fA-F]{130}$/, 'must be 65 bytes of hex'),
  records: z
    .array(
      z.strictObject({
        topic: z.string().max(249),
        key: base64.nullable(),
        headers: z.array(z.tuple([wellFormed, base64.nullable()])).max(100),
        value: base64,
      }),
    )
    .min(1)
    .max(UPLOAD_ITEMS_MAX),
})

/**
 * Takes an upload: records of one registered source under its signature (docs/formats.md#uploads).
 *
 * 1. Every record must be one that ingest would take, of this source and of a type that it may send: else nothing is written,
 *    and the answer names each that is not.
 * 2. The records are appended, acknowledged as durable. Killed or failed before the answer: some may be in the log; the sender
 *    sends the same again, and the second ones are duplicates by their ids.
 * 3. Only then the operator signs: a receipt is never given for what could still be lost.
 *
 * @throws SourceUnavailableError and whatever else the sink throws
 */
export async function acceptUpload(ports: UploadPorts, body: unknown): Promise<UploadAnswer> {
  const parsed = upload.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { outcome: 'malformed', detail: `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}` }
  }
  const { source, signature, records } = parsed.data
  const registered = await ports.sourceOf(source)
  if (registered === undefined) {
    return {
      outcome: 'refused',
      code: 'SOURCE_UNKNOWN',
      detail: `No source ${source} is registered in a closed epoch.`,
    }
  }
  const contents = records.map(contentHash)
  const signer = await recoverTypedData(uploadTypedData(ports.ledgerId, source, contents), fromHex(signature))
  if (signer !== registered.key) {
    return { outcome: 'refused', code: 'SIGNATURE_INVALID', detail: `The key of ${source} did not sign these records.` }
  }
  const faults = records.flatMap((record, index) => findFault(record, index, source, registered))
  if (faults.length > 0) return { outcome: 'rejected', records: faults }
  const positions = await ports.sink.append(records)
  const items = positions.map((position, index) => ({ ...position, incarnation: 0, content: contents[index]! }))
  return { outcome: 'accepted', receipt: await signUploadReceipt(ports.genesis, ports.operator, items) }
}

function findFault(record: NewRecord, index: number, source: string, registered: RegisteredSource): UploadFault[] {
  const fault = (reason: string, detail: string) => [{ index, reason, detail }]
  if (!(INPUT_TOPICS as readonly string[]).includes(record.topic))
    return fault('TOPIC_MISMATCH', `Nothing is uploaded to ${record.topic}.`)
  const decoded = decodeRecord(record)
  if (decoded.outcome === 'rejected') return fault(decoded.reason, decoded.detail)
  const headers = parseHeaders(record.headers)
  if (headers.outcome === 'rejected') return fault(headers.reason, headers.detail)
  if (headers.attributes.source !== source)
    return fault('SOURCE_MISMATCH', `The event is of ${headers.attributes.source}, the upload of ${source}.`)
  const type = headers.attributes.type.replace(/^tallystick\./, '')
  if (!registered.eventTypes.has(type)) return fault('TYPE_NOT_PERMITTED', `${source} may not send ${type}.`)
  return []
}
