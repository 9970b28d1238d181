import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { rowHash, tableRoot } from '../../anchor/table-root.ts'
import { commitTable, proveRow, storeBlocks } from '../../jobs/publish/row-blocks.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { type Hash32, toHex } from '../../schemas/ids.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'

const rowsOf = (size: number) => Array.from({ length: size }, (_, n) => ({ account: `0x${n}`, amount: String(n) }))

let world: SmallLedger
let warehouse: Database
beforeAll(async () => {
  world = await SmallLedger.open()
  warehouse = world.ledger.warehouse
})
afterAll(() => world.close())

describe('rows of a table that is published', () => {
  test.each([0, 1, 2, 255, 256, 257, 511, 512, 513, 1_000, 2_049])('%i rows: the root is the table root', (size) => {
    expect(commitTable(rowsOf(size))).toMatchObject({ rows: size, root: toHex(tableRoot(rowsOf(size))) })
  })

  test.each([1, 256, 257, 1_000, 2_049])(
    '%i rows: each proof is that of the whole tree, and reads one block',
    async (size) => {
      const rows = rowsOf(size)
      const hashes = rows.map(rowHash)
      const manifest = await published(rows)
      for (const index of new Set([0, 1, 255, 256, size >> 1, size - 2, size - 1])) {
        if (index < 0 || index >= size) continue
        let read = 0
        const proof = await proveRow({
          warehouse,
          manifest,
          table: 'accounts',
          index,
          read: async (limit, offset) => {
            read += limit
            return rows.slice(offset, offset + limit)
          },
        })
        expect(proof).toEqual(inclusionProof(hashes, index).map(toHex))
        expect(read).toBe(256)
      }
    },
  )

  test('that changed since are an error, and no proof', async () => {
    const rows = rowsOf(600)
    const manifest = await published(rows)
    const asked = { warehouse, manifest, table: 'accounts', index: 300 } as const
    for (const other of [rows.with(299, { account: '0x', amount: '1' }), rows.slice(0, 500)])
      await expect(
        proveRow({ ...asked, read: async (limit, offset) => other.slice(offset, offset + limit) }),
      ).rejects.toMatchObject({ code: 'CORRUPT_WAREHOUSE' })
    const unknown = { ...manifest, epoch: 9 }
    await expect(proveRow({ ...asked, manifest: unknown, read: async () => rows })).rejects.toMatchObject({
      code: 'CORRUPT_WAREHOUSE',
    })
  })
})

/** What `proveRow` asks of a manifest. */
async function published(rows: readonly object[]): Promise<Manifest> {
  const [accounts, none] = [commitTable(rows), commitTable([])]
  await storeBlocks(warehouse, 1, {
    accounts,
    adjustments: none,
    disputes: none,
    lines: none,
    sales: none,
    scores: none,
  })
  const root = accounts.root as Hash32
  return { epoch: 1, tables: { accounts: { rows: rows.length, root } } } as unknown as Manifest
}
