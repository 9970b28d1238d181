import { z } from 'zod'
import { address, amount, count, hash32, integer } from '../shapes.ts'
import { receiptShape } from './receipt.ts'

export const STATEMENT_FORMAT = 'tallystick-statement/1'

const text = z.string()
/** Kinds, roles and buckets grow with the rules of settlement: whoever reads a statement shows what it does not know by its name. */
const word = z.string().min(1).max(64)
const epoch = z.number().int().positive()
const fraction = z.number().min(0).max(1)
const parts = z.number().int().min(0).max(1_000_000)

const range = z.strictObject({ from: epoch, to: epoch })
const landed = z.strictObject({ hash: text, block: amount })
const paidFor = z.strictObject({ kind: word, token: address, amount })

const owned = z.strictObject({
  asset: text,
  kind: word,
  title: text,
  access: word,
  outside: z.array(z.strictObject({ token: address, held: amount, released: amount, refunded: amount })),
  identity: text,
  parts,
  history: z.array(z.strictObject({ epoch, parts })),
  paid: z.array(paidFor),
})

const line = z.strictObject({
  kind: word,
  asset: text,
  token: address,
  amount,
  index: count,
  leaf: hash32,
  share: z.strictObject({ low: fraction, value: fraction, high: fraction }).nullable(),
  heldBack: amount,
})

const payout = z.strictObject({
  token: address,
  earned: amount,
  smallBefore: amount,
  deducted: z.array(z.strictObject({ deduction: word, amount })),
  paid: amount,
  small: amount,
  minimum: amount,
  cumulative: amount,
  rows: z.array(z.strictObject({ kind: word, asset: text.nullable(), amount: integer, line: count.nullable() })),
})

const nothing = z.strictObject({
  ...{ of: word, reason: word, asset: text.nullable(), token: address.nullable() },
  ...{ count: count.nullable(), amount: amount.nullable() },
})

const finding = z.strictObject({
  ...{ adjustment: text, epoch, forEpoch: epoch, token: address, kind: word, asset: text, delta: integer },
})

const erasure = z.strictObject({
  ...{ batchId: text, dataset: text, indexes: z.array(count), orderedIn: epoch, records: count },
})

const item = z.strictObject({ batchId: text, index: count, contentHash: hash32, value: integer })

const evidence = z.strictObject({
  batchId: text,
  index: count,
  of: z.strictObject({ batchId: text, index: count }),
  similarity: parts,
  measure: text,
})

const dispute = z.strictObject({
  ...{
    dispute: text,
    opener: address,
    bond: amount,
    bondBecame: word,
    epoch,
    until: epoch.nullable(),
    state: word,
    claim: word,
  },
  line: z.strictObject({ epoch, account: address, token: address, kind: word, asset: text }),
  items: z.array(z.strictObject({ batchSource: text, batchId: text, index: count })),
  evidence: hash32.nullable(),
  ...{ wanted: amount, held: amount, award: amount },
  decision: z.strictObject({ epoch, upheld: z.boolean(), awardParts: parts, reason: text }).nullable(),
})

const paying = z.strictObject({
  balances: z.array(z.strictObject({ token: address, amount })),
  movements: z.array(z.strictObject({ epoch, token: address, kind: word, asset: text, amount: integer })),
  channels: z.array(
    z.strictObject({ model: text, token: address, cumulative: amount, sequence: amount, spent: amount }),
  ),
  held: z.array(z.strictObject({ epoch, model: text, token: address, fees: amount, until: epoch })),
  uses: z.array(
    z.strictObject({
      ...{ model: text, token: address, uses: count, funded: amount, outside: amount, refunded: amount },
      ...{ unfunded: amount, reported: amount },
    }),
  ),
})

const pool = z.strictObject({
  ...{ kind: word, asset: text, fromFees: amount, before: amount },
  ...{ yours: amount, others: amount, held: amount, unattributed: amount },
})

/**
 * A statement as JSON: what an account is owed, and why. It proves nothing by itself; the receipts that it may carry do.
 *
 * @see docs/formats.md#statement
 */
export const statementShape = z.strictObject({
  format: z.literal(STATEMENT_FORMAT),
  ledger: z.strictObject({ ledgerId: hash32, name: text, chainId: z.number().int().positive(), distributor: address }),
  account: address,
  range: range.nullable(),
  owns: z.array(owned),
  contributions: count,
  duplicates: count,
  near: count,
  erased: z.array(erasure),
  evidence: z.array(evidence),
  uses: z.array(z.strictObject({ epoch, asset: text, role: word, token: address, uses: count, fees: amount })),
  epochs: z.array(z.strictObject({ epoch, state: word, lines: z.array(line), payouts: z.array(payout) })),
  nothing: z.array(nothing),
  totals: z.array(z.strictObject({ token: address, cumulative: amount, small: amount })),
  paidByKind: z.array(paidFor),
  held: z.array(
    z.strictObject({
      ...{ bucket: word, asset: text.nullable(), token: address, since: epoch.nullable(), until: epoch.nullable() },
      ...{ amount, yours: amount.nullable(), ofYours: amount.nullable() },
    }),
  ),
  split: z.array(
    z.strictObject({
      ...{ token: address, uses: count, fees: amount, pools: z.array(pool) },
      apart: z.array(z.strictObject({ kind: word, asset: text, amount })),
    }),
  ),
  claims: z.array(z.strictObject({ token: address, model: text, amount: integer })),
  findings: z.array(finding),
  disputes: z.array(dispute),
  helped: z.array(item),
  hurt: z.array(item),
  paying: paying.nullable(),
  proofs: z.array(
    z.strictObject({
      ...{ epoch, state: word, manifestHash: hash32.nullable(), payoutRoot: hash32.nullable() },
      ...{ ledgerRoot: hash32.nullable(), proposed: landed.nullable(), finalized: landed.nullable() },
    }),
  ),
  claimable: z.array(
    z.strictObject({
      ...{ token: address, epoch, cumulative: amount },
      claimedHere: landed.extend({ epoch }).nullable(),
    }),
  ),
  receipts: z.array(receiptShape),
})
