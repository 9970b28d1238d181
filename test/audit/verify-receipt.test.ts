import { beforeAll, describe, expect, test } from '@jest/globals'
import { generateSigningKey, parseVerifierKey, signerOf } from '../../anchor/log/note/keys.ts'
import { parseNote, signNote } from '../../anchor/log/note/note.ts'
import { tableRoot } from '../../anchor/table-root.ts'
import { verifyReceipt } from '../../audit/index.ts'
import { type Hash32, toHex } from '../../schemas/ids.ts'
import type { EpochFiles } from './support/bundle-writer.ts'
import { accountJson, publishWorld } from './support/published-world.ts'
import { receiptOf } from './support/receipt-of.ts'
import { addressOf } from './support/world.ts'

type Receipt = Awaited<ReturnType<typeof receiptOf>>

let epochs: EpochFiles[]
beforeAll(async () => {
  epochs = (await publishWorld()).epochs
})

const keyOf = (signingKey: string) => signerOf(signingKey).key

/** The epoch with the account's one line in three, and everything that follows from that. */
function withThreeLines(files: EpochFiles, account: string): EpochFiles {
  const changed = structuredClone(files)
  const { manifest, tables } = changed
  const line = tables.lines.rows.find((row) => row.account === account)!
  const more = ['x', 'y'].map((asset) => ({ ...line, asset, amount: '1' }))
  const lines = [{ ...line, amount: String(BigInt(line.amount as string) - 2n) }, ...more]
  tables.lines.rows = [...tables.lines.rows.filter((row) => row !== line), ...lines]
  const root = (rows: object[]) => toHex(tableRoot(rows as never)) as Hash32
  const row = tables.accounts.rows.find((each) => each.account === account)!
  const lines_root = root(lines.map((each) => ({ ...each, epoch: manifest.epoch })))
  Object.assign(row, { lines: 3, lines_root })
  manifest.tables.accounts.root = root(tables.accounts.rows.map((each) => accountJson(each as never) as object))
  return changed
}

describe('a receipt', () => {
  test.each(['alice', 'modeller', 'treasury'] as const)('of %s proves every step without a chain', async (person) => {
    const found = await verifyReceipt(await receiptOf(epochs[0]!, addressOf[person]))
    expect(found).toMatchObject({ ok: true, chain: 'not checked', epoch: 1, account: addressOf[person] })
    expect(found.vouched).toBe('operator')
    const scores = person === 'alice' ? ['scores'] : []
    expect(found.steps.map(({ name, ok }) => `${name} ${ok}`)).toEqual(
      ['manifest', 'payout', 'row', 'lines', 'earned', 'cumulative', 'leaf', ...scores]
        .concat('checkpoint', 'log key', 'influence')
        .map((name) => `${name} true`),
    )
  })

  test('may be given as bytes; of an epoch without lines for the account it has none', async () => {
    const receipt = await receiptOf(epochs[1]!, addressOf.alice)
    expect(receipt.lines).toEqual([])
    const found = await verifyReceipt(new TextEncoder().encode(JSON.stringify(receipt)))
    expect(found).toMatchObject({ ok: true, earned: 0n, cumulative: BigInt(receipt.row.before!) })
  })

  test('names what was most influential as what it is, and no more', async () => {
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    const found = await verifyReceipt(receipt)
    expect(found.influenceNotPayment).toEqual([expect.objectContaining({ index: 3, value: '-7' })])
    expect(found.steps.at(-1)?.detail).toContain('influence, not payment, and not checked by this receipt')
    receipt.influenceNotPayment.items = []
    expect((await verifyReceipt(receipt)).steps.at(-1)).toMatchObject({ name: 'influence', ok: false })
  })

  test('shows one line of several alone, and says so', async () => {
    const receipt = await receiptOf(withThreeLines(epochs[0]!, addressOf.partner), addressOf.partner)
    expect(await verifyReceipt(receipt)).toMatchObject({ ok: true, lines: { shown: 3, of: 3 } })
    const alone = { ...receipt, lines: [receipt.lines[1]!] }
    const found = await verifyReceipt(alone)
    expect(found).toMatchObject({ ok: true, lines: { shown: 1, of: 3 } })
    expect(found.steps.find(({ name }) => name === 'lines')?.detail).toContain('1 of 3 lines shown')
    const [one, two] = receipt.lines
    for (const lines of [[{ ...two!, index: 2 }], [two!, one!], [two!, two!], [{ ...two!, line: one!.line }]])
      expect((await verifyReceipt({ ...receipt, lines })).steps.at(-1)).toMatchObject({ name: 'lines', ok: false })
  })

  const other = `0x${'11'.repeat(32)}` as const
  test.each<[what: string, step: string, change: (receipt: Receipt) => unknown]>([
    ['another amount in the leaf', 'payout', ({ payout }) => Object.assign(payout, { cumulative: '999999' })],
    ['another account in the leaf', 'payout', ({ payout }) => Object.assign(payout, { account: addressOf.bob })],
    ['another distributor', 'payout', ({ payout }) => Object.assign(payout, { distributor: addressOf.bob })],
    ['a node changed in the payout proof', 'payout', ({ payout }) => payout.proof.splice(0, 1, other)],
    ['another payout root', 'payout', ({ manifest }) => Object.assign(manifest.payout, { root: other })],
    ['another row', 'row', ({ row }) => Object.assign(row, { before: '5' })],
    ['another number of lines', 'row', ({ row }) => Object.assign(row, { lines: 2 })],
    ['another place of the row', 'row', (receipt) => Object.assign(receipt, { rowIndex: (receipt.rowIndex + 1) % 6 })],
    ['a missing node in the row proof', 'row', ({ rowProof }) => rowProof.pop()],
    ['more in a line', 'lines', ({ lines }) => Object.assign(lines[0]!.line, { amount: '1000000' })],
    ['a line of another account', 'lines', ({ lines }) => Object.assign(lines[0]!.line, { account: addressOf.bob })],
    ['a line twice', 'lines', ({ lines }) => lines.push(lines[0]!)],
    ['the line left out and its score kept', 'scores', ({ lines }) => lines.pop()],
    ['the score left out', 'scores', ({ scores }) => scores.pop()],
    ['another s', 'scores', ({ scores }) => Object.assign(scores[0]!.row, { s: '1' })],
    ['another pay', 'scores', ({ scores }) => Object.assign(scores[0]!.row, { pay: '1' })],
    [
      'another place of the score',
      'scores',
      ({ scores }) => Object.assign(scores[0]!, { index: 1 - scores[0]!.index }),
    ],
    ['another Σs', 'scores', ({ manifest }) => Object.assign(manifest.periods[0]!, { sumPositive: '1' })],
    ['another pool', 'scores', ({ manifest }) => Object.assign(manifest.periods[0]!, { pool: '1801' })],
    ['another amount carried', 'scores', ({ manifest }) => Object.assign(manifest.periods[0]!, { carried: '1' })],
    ['no such period', 'scores', ({ manifest }) => manifest.periods.pop()],
    ['another V', 'checkpoint', ({ manifest }) => Object.assign(manifest.periods[0]!, { vHash: other })],
    ['another manifest', 'checkpoint', ({ manifest }) => Object.assign(manifest, { engine: 'another' })],
    ['a checkpoint of another tree', 'checkpoint', ({ manifest }) => Object.assign(manifest.tree, { root: other })],
    ['another influence', 'influence', ({ influenceNotPayment }) => influenceNotPayment.items.pop()],
  ])('with %s fails at the step %s', async (_, step, change) => {
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    change(receipt)
    const found = await verifyReceipt(receipt)
    expect(found).toMatchObject({ ok: false, vouched: 'nobody' })
    expect(found.steps.at(-1)).toMatchObject({ name: step, ok: false })
    expect(found.steps.at(-1)?.detail.length).toBeGreaterThan(20)
    expect(found.steps.slice(0, -1).every(({ ok }) => ok)).toBe(true)
  })

  test('that leaves the checkpoint out says that nobody vouches for it, and fails whoever asks for a key', async () => {
    const receipt = { ...(await receiptOf(epochs[0]!, addressOf.alice)), checkpoint: null }
    expect(await verifyReceipt(receipt)).toMatchObject({ ok: true, vouched: 'nobody' })
    const failed = { name: 'checkpoint', ok: false }
    const logKey = keyOf(generateSigningKey('some.log'))
    expect((await verifyReceipt(receipt, { logKey })).steps.at(-1)).toMatchObject(failed)
    expect((await verifyReceipt(receipt, { witnesses: [logKey], quorum: 1 })).steps.at(-1)).toMatchObject(failed)
  })

  test('whose key nobody endorsed is vouched for by whoever the reader knows', async () => {
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    const logKey = parseVerifierKey(receipt.checkpoint.key)
    expect(await verifyReceipt(receipt, { logKey })).toMatchObject({ ok: true, vouched: 'operator' })
    const bare = { ...receipt, checkpoint: { ...receipt.checkpoint, endorsement: null } }
    expect(await verifyReceipt(bare)).toMatchObject({ ok: true, vouched: 'unknown key' })
    expect(await verifyReceipt(bare, { logKey })).toMatchObject({ ok: true, vouched: 'known key' })
    const stranger = keyOf(generateSigningKey(logKey.name))
    expect((await verifyReceipt(bare, { logKey: stranger })).steps.at(-1)).toMatchObject({ name: 'log key', ok: false })
  })

  test.each<[what: string, change: (word: Receipt['checkpoint']['endorsement']) => unknown]>([
    ['that begins later', (word) => Object.assign(word, { fromSize: '1000000' })],
    ['of another number', (word) => Object.assign(word, { sequence: 2 })],
    ['of another genesis', (word) => Object.assign(word.genesis, { name: 'another' })],
    ['of another operator', (word) => Object.assign(word.genesis, { operator: addressOf.bob })],
  ])('with a word on the key %s fails at that step', async (_, change) => {
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    change(receipt.checkpoint.endorsement)
    expect((await verifyReceipt(receipt)).steps.at(-1)).toMatchObject({ name: 'log key', ok: false })
  })

  test('counts witnesses of its checkpoint, by keys that the reader gives', async () => {
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    const witness = signerOf(generateSigningKey('witness.example', 'cosignature'), () => 1_767_225_600)
    const cosigned = signNote(parseNote(new TextEncoder().encode(receipt.checkpoint.note)), [witness])
    const seen = { ...receipt, checkpoint: { ...receipt.checkpoint, note: Buffer.from(cosigned).toString() } }
    const asked = { witnesses: [witness.key], quorum: 1 }
    const found = await verifyReceipt(seen, asked)
    expect(found.steps.find(({ name }) => name === 'checkpoint')?.detail).toContain('witness.example at 1767225600 s')
    expect((await verifyReceipt(receipt, asked)).steps.at(-1)).toMatchObject({ name: 'checkpoint', ok: false })
  })

  test('whose manifest was changed has another hash, which is what the chain is asked for', async () => {
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    const before = await verifyReceipt(receipt)
    receipt.manifest.engine = 'another'
    expect((await verifyReceipt(receipt)).manifestHash).not.toBe(before.manifestHash)
  })

  test.each<[what: string, value: unknown]>([
    ['nothing', undefined],
    ['text', 'receipt'],
    ['bytes that are no JSON', new TextEncoder().encode('{')],
    ['another format', { format: 'tallystick-receipt/2' }],
  ])('that is %s is refused with a typed error', async (_, value) => {
    await expect(verifyReceipt(value)).rejects.toMatchObject({ code: 'INVALID_RECEIPT' })
  })

  test('with unknown keys or a broken manifest is refused', async () => {
    const receipt = await receiptOf(epochs[0]!, addressOf.alice)
    const refused = { code: 'INVALID_RECEIPT' }
    await expect(verifyReceipt({ ...receipt, more: 1 })).rejects.toMatchObject(refused)
    await expect(verifyReceipt({ ...receipt, manifest: {} })).rejects.toMatchObject(refused)
    await expect(verifyReceipt({ ...receipt, periods: receipt.manifest.periods })).rejects.toMatchObject(refused)
  })
})
