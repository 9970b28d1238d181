import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import { type Genesis, toGenesis } from '../../schemas/genesis.ts'
import { type Address, fromHex, type Hash32 } from '../../schemas/ids.ts'
import { decodeUtf8 } from '../bytes.ts'
import { ledgerIdOf } from '../ledger-id.ts'
import { recoverTypedData } from '../signatures/signer.ts'
import { uploadReceiptTypedData } from './typed-data.ts'

const RECEIPT_BYTES_MAX = 1024 * 1024
/** Records of one upload. */
export const UPLOAD_ITEMS_MAX = 1_000
const U32_MAX = 0xffff_ffff
const U64_MAX = 0xffff_ffff_ffff_ffffn
const TOPIC_CHARACTERS_MAX = 249

export const UPLOAD_RECEIPT_FORMAT = 'tallystick-upload-receipt/1'

const hash32 = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be a hash') as unknown as z.ZodType<Hash32>
const u32 = z.number().int().min(0).max(U32_MAX)

const shape = z.strictObject({
  format: z.literal(UPLOAD_RECEIPT_FORMAT),
  genesis: z.unknown(),
  items: z
    .array(
      z.strictObject({
        incarnation: u32,
        topic: z.string().min(1).max(TOPIC_CHARACTERS_MAX),
        partition: u32,
        offset: z
          .string()
          .regex(/^(0|[1-9]\d{0,19})$/, 'must be an offset as decimal text')
          .refine((text) => BigInt(text) <= U64_MAX, 'must fit 64 bits'),
        content: hash32,
      }),
    )
    .min(1)
    .max(UPLOAD_ITEMS_MAX),
  signature: z.string().regex(/^0x[0-9a-f]{130}$/, 'must be 65 bytes of hex') as unknown as z.ZodType<`0x${string}`>,
})

/** The operator's half of an upload's tally: its word that these records lie in the log at these places. */
export type UploadReceipt = Omit<z.infer<typeof shape>, 'genesis'> & { readonly genesis: Genesis }

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
  const parsed = shape.safeParse(value instanceof Uint8Array ? parseBytes(value) : value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new InvalidUploadReceiptError(`${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`)
  }
  return { ...parsed.data, genesis: readGenesis(parsed.data.genesis) }
}

function parseBytes(bytes: Uint8Array): unknown {
  if (bytes.length > RECEIPT_BYTES_MAX) throw new InvalidUploadReceiptError(`more than ${RECEIPT_BYTES_MAX} bytes`)
  try {
    return JSON.parse(decodeUtf8(bytes, 'The receipt'))
  } catch (cause) {
    throw new InvalidUploadReceiptError(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function readGenesis(document: unknown): Genesis {
  try {
    return toGenesis(document)
  } catch (cause) {
    throw new InvalidUploadReceiptError(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/**
 * Who signed an upload receipt, whoever that is; undefined when the signature is malformed. It is the operator's word when
 * this is `genesis.operator`. Runs in a browser.
 */
export function signerOfUploadReceipt({ genesis, items, signature }: UploadReceipt): Promise<Address | undefined> {
  const places = items.map((item) => ({ ...item, offset: BigInt(item.offset), content: fromHex(item.content) }))
  return recoverTypedData(uploadReceiptTypedData(ledgerIdOf(genesis), places), fromHex(signature))
}
