import { signUploadReceipt } from '../../../anchor/uploads/sign.ts'
import type { Genesis } from '../../../schemas/genesis.ts'
import { fromHex } from '../../../schemas/ids.ts'
import type { EpochFiles } from './bundle-writer.ts'
import { entryOf, eventReceiptOf } from './event-receipt-of.ts'
import { signerOf, type WorldRecord } from './world.ts'

/** The operator's receipt of an upload: it promises `content` at the places of these records. */
export async function uploadOf(
  { genesis }: EpochFiles,
  records: readonly WorldRecord[],
  content: string | undefined = undefined,
) {
  const items = records.map((record) => {
    const { topic, partition, offset } = record
    return { incarnation: 0, topic, partition, offset, content: fromHex(content ?? entryOf(record).content) }
  })
  return structuredClone(await signUploadReceipt(genesis as unknown as Genesis, signerOf.operator, items))
}

/** Evidence, docs/formats.md#omission, that another record stands where the operator promised one: plain JSON that a test may change. */
export async function omissionOf(files: EpochFiles, records: readonly WorldRecord[], index: number) {
  const { entry, proof, manifest, checkpoint } = await eventReceiptOf(files, records, index)
  const upload = await uploadOf(files, [records[index]!], `0x${'0d'.repeat(32)}`)
  return { format: 'tallystick-omission/1', upload, item: 0, manifest, leaf: { entry, index, proof }, checkpoint }
}
