import type { Genesis } from '../../schemas/genesis.ts'
import { fromHex, type Hash32, toHex } from '../../schemas/ids.ts'
import { ledgerIdOf } from '../ledger-id.ts'
import type { TypedDataSigner } from '../signatures/signer.ts'
import type { UploadReceipt } from './receipt.ts'
import { type UploadItem, uploadReceiptTypedData, uploadTypedData } from './typed-data.ts'

/**
 * The receipt of one upload, under one signature of the operator. Sign only what is durable.
 *
 * @param items 1 to {@link UPLOAD_ITEMS_MAX}
 */
export async function signUploadReceipt(
  genesis: Genesis,
  operator: TypedDataSigner,
  items: readonly UploadItem[],
): Promise<UploadReceipt> {
  const signature = await operator.signTypedData(uploadReceiptTypedData(ledgerIdOf(genesis), items) as never)
  return {
    format: 'tallystick-upload-receipt/1',
    genesis,
    items: items.map((item) => ({
      incarnation: item.incarnation,
      topic: item.topic,
      partition: item.partition,
      offset: item.offset.toString(),
      content: toHex(item.content) as Hash32,
    })),
    signature,
  }
}

/** A source's signature over the records that it uploads. @param contents their content hashes, in order */
export async function signUpload(
  ledgerId: Uint8Array,
  signer: TypedDataSigner,
  source: string,
  contents: readonly Uint8Array[],
): Promise<Uint8Array> {
  return fromHex(await signer.signTypedData(uploadTypedData(ledgerId, source, contents) as never))
}
