import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { contentHash } from '../../anchor/log/content-hash.ts'
import type { TypedDataSigner } from '../../anchor/signatures/signer.ts'
import {
  readUploadReceipt,
  signerOfUploadReceipt,
  UPLOAD_ITEMS_MAX,
  type UploadReceipt,
} from '../../anchor/uploads/receipt.ts'
import { signUpload } from '../../anchor/uploads/sign.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { Genesis } from '../../schemas/genesis.ts'
import { toHex } from '../../schemas/ids.ts'

const ATTEMPTS_MAX = 6
/** Of every topic that a ledger reads. */
const INCARNATION = 0
const FIRST_PAUSE_MS = 250
const REQUEST_LIMIT_MS = 30_000
const ANSWER_BYTES_MAX = 4 * 1024 * 1024

export interface SendOptions {
  /** Where the operator takes uploads, for example http://127.0.0.1:8080. */
  readonly url: string
  /** Of the ledger that you mean: receipts of another one, or by another operator, are refused. */
  readonly genesis: Genesis
  /** The registered source. */
  readonly source: string
  /** Holds the source's key. */
  readonly signer: TypedDataSigner
  /** 1 to 1,000, all of the source. Their ids are what makes sending them again harmless. */
  readonly records: readonly OutgoingRecord[]
  readonly signal?: AbortSignal
}

export class UploadRefusedError extends TallyError {
  override readonly code = 'UPLOAD_REFUSED'
  constructor(facts: { status: number; error: string }) {
    super(`The upload was refused (${facts.status}): ${facts.error}.`, {
      facts,
      hint: 'Nothing of it was written. Mend what it names, then send it again.',
    })
  }
}

export class UploadUnansweredError extends TallyError {
  override readonly code = 'UPLOAD_UNANSWERED'
  constructor(facts: { url: string; attempts: number }, cause: unknown) {
    super(`${facts.url} gave no receipt after ${facts.attempts} attempts.`, {
      facts,
      cause,
      retriable: true,
      hint: 'Keep the records and send the same ones again: what arrived already counts once.',
    })
  }
}

export class ReceiptMismatchError extends TallyError {
  override readonly code = 'RECEIPT_MISMATCH'
  constructor(facts: { what: string }) {
    super(`The receipt is not one for these records: ${facts.what}.`, {
      facts,
      hint: 'Do not take the records for delivered; ask the operator.',
    })
  }
}

/**
 * Sends records to the operator and waits until they are durable. Tries again, with the same records, while the other side
 * is busy or away.
 *
 * @returns the operator's receipt, checked: keep it. With it an omission can be proven (docs/formats.md#uploads)
 * @throws UploadRefusedError, UploadUnansweredError, ReceiptMismatchError, InvalidUploadReceiptError
 */
export async function sendRecords(options: SendOptions): Promise<UploadReceipt> {
  const { genesis, source, signer, records } = options
  if (records.length === 0 || records.length > UPLOAD_ITEMS_MAX)
    throw new RangeError(`An upload has 1 to ${UPLOAD_ITEMS_MAX} records, not ${records.length}.`)
  const contents = records.map(contentHash)
  const signature = await signUpload(ledgerIdOf(genesis), signer, source, contents)
  const body = JSON.stringify({ source, signature: toHex(signature), records: records.map(toJson) })
  const receipt = readUploadReceipt(await post(options, body))
  await assertReceipt(receipt, genesis, records, contents)
  return receipt
}

function toJson({ topic, key, headers, value }: OutgoingRecord) {
  const base64 = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString('base64'))
  return {
    topic,
    key: base64(key),
    headers: headers.map(([name, header]) => [name, base64(header)]),
    value: base64(value),
  }
}

async function post({ url, signal }: SendOptions, body: string): Promise<unknown> {
  let cause: unknown
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal)
    try {
      const limit = AbortSignal.timeout(REQUEST_LIMIT_MS)
      const response = await fetch(new URL('/v1/records', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      })
      const document = await readAnswer(response)
      if (response.status === 202) return document
      if (response.status !== 429 && response.status < 500)
        throw new UploadRefusedError({ status: response.status, error: JSON.stringify(document) })
      cause = new Error(`HTTP ${response.status}`)
    } catch (error) {
      if (error instanceof UploadRefusedError || signal?.aborted === true) throw error
      cause = error
    }
  }
  throw new UploadUnansweredError({ url, attempts: ATTEMPTS_MAX }, cause)
}

async function readAnswer(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new RangeError(`An answer of more than ${ANSWER_BYTES_MAX} bytes.`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}

async function assertReceipt(
  receipt: UploadReceipt,
  genesis: Genesis,
  records: readonly OutgoingRecord[],
  contents: readonly Uint8Array[],
): Promise<void> {
  if (toHex(ledgerIdOf(receipt.genesis)) !== toHex(ledgerIdOf(genesis)))
    throw new ReceiptMismatchError({ what: 'it is of another ledger' })
  if (receipt.items.length !== records.length)
    throw new ReceiptMismatchError({ what: `it has ${receipt.items.length} items, not ${records.length}` })
  for (const [index, item] of receipt.items.entries()) {
    if (item.topic !== records[index]!.topic || item.content !== toHex(contents[index]!))
      throw new ReceiptMismatchError({ what: `item ${index} is another record` })
    if (item.incarnation !== INCARNATION)
      throw new ReceiptMismatchError({ what: `item ${index} has incarnation ${item.incarnation}` })
  }
  if ((await signerOfUploadReceipt(receipt)) !== genesis.operator)
    throw new ReceiptMismatchError({ what: 'the operator did not sign it' })
}

function pause(duration_ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, duration_ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
