import { fromBlob } from '../../../../pipelines/warehouse/blob.ts'
import type { Database } from '../../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../../pipelines/warehouse/read-sql.ts'
import { toHex } from '../../../../schemas/ids.ts'
import { TEXT_CORPUS_TOKENS_MAX, TEXT_REPRESENTATIVES_MAX } from '../../../../schemas/limits.ts'
import { rankBatches } from '../../features/clusters.ts'
import { type SimilarItem, StarClusters } from '../../similarity/star-clusters.ts'
import { TextSignatures } from '../../similarity/text-signatures.ts'

const documentsSql = readSql(new URL('./documents.sql', import.meta.url))

/** A contribution whose text counts. */
export interface LedgerDocument {
  /** id hash of its batch. */
  readonly batch: Uint8Array
  readonly index: number
  /** Address of who contributed it. */
  readonly account: string
  /** How many it has. */
  readonly tokens: number
  /** Names it and its tokens: `batch/index/SHA-256 of the tokens`, hex. */
  readonly key: string
}

/** What stands under a text map at a cut. */
export interface LedgerDocuments {
  /** In the order of priority. */
  readonly documents: readonly LedgerDocument[]
  /** Texts that do not count since an earlier one is equal or near; numbers are places among all texts of the map. */
  readonly duplicates: readonly SimilarItem[]
}

/**
 * The documents of a corpus (docs/text.md#in-a-ledger): every accepted text of an item under the map, in the order of priority, without
 * what was erased, without what equals or is near an earlier one, and then without what was withdrawn: a copy of that still earns
 * nothing. Leaves the temporary table `text_document`.
 */
export async function documentsOf(warehouse: Database, textMap: string, epoch: number): Promise<LedgerDocuments> {
  await rankBatches(warehouse)
  await warehouse.run(documentsSql, { textMap, epoch })
  const clusters = new StarClusters(new TextSignatures())
  const documents: LedgerDocument[] = []
  const duplicates: SimilarItem[] = []
  let [item, room] = [0, TEXT_CORPUS_TOKENS_MAX]
  const isFull = () => item - duplicates.length >= TEXT_REPRESENTATIVES_MAX
  const sql =
    'SELECT batch, item_index, account, fingerprint, tokens, shingles, withdrawn FROM text_document ORDER BY place'
  for await (const chunk of warehouse.stream(sql)) {
    const [batches, indexes, accounts, fingerprints, tokens, shingles, withdrawn] = chunk.getColumns()
    for (let row = 0; row < chunk.rowCount && !isFull(); row++, item++) {
      const fingerprint = fingerprints![row] as string
      const duplicate = clusters.add({
        item,
        priority: { record: BigInt(item), index: 0 },
        fingerprint: Buffer.from(fingerprint, 'hex'),
        content: entriesOf(fromBlob(shingles![row])),
      })
      if (duplicate !== undefined) duplicates.push(duplicate)
      if (duplicate !== undefined || withdrawn![row] === true) continue
      // The first that does not fit ends the corpus: what is behind it comes later, and cannot push out what was there.
      const size = Number(tokens![row])
      room -= size
      if (room < 0) continue
      const [batch, index] = [fromBlob(batches![row]), indexes![row] as number]
      const key = `${toHex(batch).slice(2)}/${index}/${fingerprint}`
      documents.push({ batch, index, account: accounts![row] as string, tokens: size, key })
    }
  }
  return { documents, duplicates }
}

function entriesOf(shingles: Uint8Array): Uint32Array {
  const bytes = Buffer.from(shingles.buffer, shingles.byteOffset, shingles.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(at * 4))
}
