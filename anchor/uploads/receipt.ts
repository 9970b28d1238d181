import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, fromHex } from '../../schemas/ids.ts'
import { ledgerIdOf } from '../ledger-id.ts'
import { genesisShape, hash32, readDocument, signature, u32, u64 } from '../shapes.ts'
import { recoverTypedData } from '../signatures/signer.ts'
import { uploadReceiptTypedData } from './typed-data.ts'

const RECEIPT_BYTES_MAX = 1024 * 1024
/** Records of one upload. */
export const UPLOAD_ITEMS_MAX = 1_000
const TOPIC_CHARACTERS_MAX = 249

export const UPLOAD_RECEIPT_FORMAT = 'tallystick-upload-receipt/1'

/** @see docs/formats.md#uploads */
export const uploadReceiptShape = z.strictObject({
  format: z.literal(UPLOAD_RECEIPT_FORMAT),
  genesis: genesisShape,
  items: z
    .array(
      z.strictObject({
        incarnation: u32,
        topic: z.string().min(1).max(TOPIC_CHARACTERS_MAX),
        partition: u32,
        offset: u64,
        content: hash32,
      }),
    )
    .min(1)
    .max(UPLOAD_ITEMS_MAX),
  signature,
})

/** The operator's half of an upload's tally: its word that these records lie in the log at these places. */
export type UploadReceipt = z.infer<typeof uploadReceiptShape>

export class InvalidUploadReceiptError extends TallyError {
  override readonly code = 'INVALID_UPLOAD_RECEIPT'
  constructor(detail: string, cause?: unknown) {
    super(`This is no upload receipt: ${detail}`, { cause, hint: 'Its shape is in docs/formats.md#uploads.' })
  }
}

/**
 * Reads an upload receipt from its bytes or from the parsed document; nothing in it is checked yet. Runs in a browser.
 *
 * @throws {@link InvalidUploadReceiptError}
 */
export function readUploadReceipt(value: unknown): UploadReceipt {
  return readDocument(value, {
    shape: uploadReceiptShape,
    bytesMax: RECEIPT_BYTES_MAX,
    refuse: (detail, cause) => new InvalidUploadReceiptError(detail, cause),
  })
}

/**
 * Who signed an upload receipt, whoever that is; undefined when the signature is malformed. It is the operator's word when
 * this is `genesis.operator`. Runs in a browser.
 */
export function signerOfUploadReceipt({ genesis, items, signature }: UploadReceipt): Promise<Address | undefined> {
  const places = items.map((item) => ({ ...item, offset: BigInt(item.offset), content: fromHex(item.content) }))
  return recoverTypedData(uploadReceiptTypedData(ledgerIdOf(genesis), places), fromHex(signature))
}
