import { describe, expect, test } from '@jest/globals'
import { privateKeyToAccount } from 'viem/accounts'
import { appendedProof } from '../../anchor/log/appended-proof.ts'
import { appendLeaves, emptyFrontier } from '../../anchor/log/frontier.ts'
import { inclusionProof } from '../../anchor/log/inclusion-proof.ts'
import { leafHash } from '../../anchor/log/leaf-hash.ts'
import { signerOf } from '../../anchor/log/note/keys.ts'
import { contradicts, type LogKey, verifyLogKey } from '../../anchor/log-key/log-key.ts'
import { signLogKey } from '../../anchor/log-key/sign.ts'
import { readUploadReceipt, signerOfUploadReceipt } from '../../anchor/uploads/receipt.ts'
import { readEventReceipt, verifyEventReceiptOffline } from '../../anchor/verify/event-receipt.ts'
import { readOmission, verifyOmissionOffline } from '../../anchor/verify/omission.ts'
import { readReceipt, verifyReceiptOffline } from '../../anchor/verify/receipt.ts'
import { hex, readVectors } from './vectors.ts'

type Cases = readonly { readonly name: string; readonly document: object }[]

const vectors = readVectors<{
  logKey: { signing: string; documents: LogKey[] }
  payoutReceipts: Cases
  eventReceipts: Cases
  uploadReceipts: Cases
  omissions: Cases
}>('receipts.json')
const { accounts } = readVectors<{ accounts: { operator: { privateKey: string } } }>('signatures.json')
const operator = privateKeyToAccount(`0x${accounts.operator.privateKey}`)

describe('documents that another implementation made', () => {
  test.each(vectors.payoutReceipts)('payout receipt: $name', async ({ document }) => {
    const found = await verifyReceiptOffline(readReceipt(document))
    expect(found).toMatchObject({ ok: true, vouched: 'operator', epoch: 7 })
  })

  test.each(vectors.eventReceipts)('event receipt: $name', async ({ document }) => {
    const found = await verifyEventReceiptOffline(readEventReceipt(document))
    expect(found).toMatchObject({ ok: true, vouched: 'operator', epoch: 7 })
  })

  test.each(vectors.uploadReceipts)('upload receipt: $name', async ({ document }) => {
    expect(await signerOfUploadReceipt(readUploadReceipt(document))).toBe(operator.address.toLowerCase())
  })

  test.each(vectors.omissions)('omission: $name', async ({ document }) => {
    expect(await verifyOmissionOffline(readOmission(document))).toMatchObject({ ok: true, vouched: 'operator' })
  })
})

describe('the operator’s word on a log’s key', () => {
  const { key } = signerOf(vectors.logKey.signing)

  test('is signed with the same bytes, and verified', async () => {
    for (const document of vectors.logKey.documents) {
      const { genesis, sequence, fromSize } = document
      expect(await signLogKey(genesis, operator, { key, sequence, fromSize: Number(fromSize) })).toEqual(document)
      expect(await verifyLogKey(document)).toMatchObject({ sequence, fromSize: BigInt(fromSize), key: { id: key.id } })
    }
  })

  test('contradicts another of the same number, or a later one that begins earlier', async () => {
    const [first, second] = (await Promise.all(vectors.logKey.documents.map(verifyLogKey))) as [
      Awaited<ReturnType<typeof verifyLogKey>>,
      Awaited<ReturnType<typeof verifyLogKey>>,
    ]
    expect(contradicts(first, second)).toBe(false)
    expect(contradicts(first, first)).toBe(false)
    expect(contradicts(first, { ...second, sequence: 1 })).toBe(true)
    expect(contradicts(second, { ...first, fromSize: 8n })).toBe(true)
    const stranger = { ...second.key, publicKey: new Uint8Array(32) }
    expect(contradicts(second, { ...second, key: stranger })).toBe(true)
    expect(contradicts(second, { ...second, ledger: '0x', key: stranger })).toBe(false)
  })
})

test('the proof of an appended leaf is that of the whole tree, at all sizes to 40', () => {
  const leaves = Array.from({ length: 40 }, (_, n) => leafHash(Uint8Array.of(n)))
  for (let size = 1; size <= leaves.length; size++)
    for (const before of [0, 1, size >> 1, size - 1].filter((each) => each < size)) {
      const frontier = appendLeaves(emptyFrontier(), leaves.slice(0, before))
      const added = leaves.slice(before, size)
      for (const index of added.keys())
        expect(appendedProof(frontier, added, index).map(hex).join()).toBe(
          inclusionProof(leaves, before + index, size)
            .map(hex)
            .join(),
        )
    }
})
