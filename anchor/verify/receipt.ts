import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import type { Address, Hash32 } from '../../schemas/ids.ts'
import { bytesToHex, decodeUtf8, type Hex, hexToBytes } from '../bytes.ts'
import { HASH_BYTES, sha256 } from '../hash.ts'
import { verifyInclusion } from '../log/verify-inclusion.ts'
import { encodeManifest, InvalidManifestError, type Manifest, toManifest } from '../manifest.ts'
import { verifyPayout } from '../payout/verify-payout.ts'
import { rowHash, tableRoot } from '../table-root.ts'

/** A receipt with its years of lines is far smaller; a larger one is not read. */
const RECEIPT_BYTES_MAX = 16 * 1024 * 1024
const PROOF_NODES_MAX = 64

const hash32 = z.custom<Hash32>(
  (value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value),
  'must be a hash',
)
const address = z.custom<Address>(
  (value) => typeof value === 'string' && /^0x[0-9a-f]{40}$/.test(value),
  'must be an address',
)
const amount = z.string().regex(/^(0|[1-9]\d{0,77})$/, 'must be an amount as decimal text')
const proof = z.array(hash32).max(PROOF_NODES_MAX)

const receipt = z.strictObject({
  format: z.literal('tallystick-receipt/1'),
  manifest: z.unknown(),
  account: address,
  token: address,
  payout: z.strictObject({
    chainId: z.number().int().positive(),
    distributor: address,
    account: address,
    token: address,
    cumulative: amount,
    proof,
  }),
  row: z.strictObject({
    account: address,
    before: amount,
    cumulative: amount,
    earned: amount,
    linesRoot: hash32,
    token: address,
  }),
  rowIndex: z.number().int().nonnegative(),
  rowProof: proof,
  lines: z.array(
    z.strictObject({
      account: address,
      amount,
      asset: z.string(),
      epoch: z.number().int().positive(),
      kind: z.enum(['data', 'model', 'royalty', 'agent', 'infrastructure', 'treasury']),
      token: address,
    }),
  ),
})

/** A receipt of the right shape; nothing in it is checked yet. */
export type Receipt = Omit<z.infer<typeof receipt>, 'manifest'> & { readonly manifest: Manifest }

/** This is no receipt at all, so that nothing can be checked. */
export class InvalidReceiptError extends TallyError {
  override readonly code = 'INVALID_RECEIPT'
  constructor(detail: string, cause?: unknown) {
    super(`This is no receipt: ${detail}`, { cause, hint: 'Its shape is in docs/formats.md#receipt.' })
  }
}

/** The checks in their order; each rests on the ones before. */
const RECEIPT_CHECKS = ['manifest', 'payout', 'row', 'lines', 'earned', 'cumulative', 'leaf'] as const
type ReceiptCheck = (typeof RECEIPT_CHECKS)[number]

export interface ReceiptStep<Name extends string = ReceiptCheck> {
  readonly name: Name
  readonly ok: boolean
  readonly detail: string
}

export interface VerifiedReceipt {
  readonly ok: boolean
  readonly epoch: number
  readonly account: Address
  readonly token: Address
  /** Smallest unit of the token: earned in this epoch, and since the first. */
  readonly earned: bigint
  readonly cumulative: bigint
  /** What the chain must have anchored for the epoch. */
  readonly manifestHash: Hash32
  /** Up to the first that failed. */
  readonly steps: readonly ReceiptStep[]
}

/**
 * Reads a receipt from its bytes or from the parsed document. Runs in a browser.
 *
 * @throws {@link InvalidReceiptError}
 */
export function readReceipt(value: unknown): Receipt {
  const parsed = receipt.safeParse(value instanceof Uint8Array ? parseBytes(value) : value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new InvalidReceiptError(`${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`)
  }
  const { manifest: document, ...rest } = parsed.data
  const manifest = readManifest(document)
  return { ...rest, manifest }
}

function parseBytes(bytes: Uint8Array): unknown {
  if (bytes.length > RECEIPT_BYTES_MAX) throw new InvalidReceiptError(`more than ${RECEIPT_BYTES_MAX} bytes`)
  try {
    return JSON.parse(decodeUtf8(bytes, 'The receipt'))
  } catch (cause) {
    throw new InvalidReceiptError(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function readManifest(document: unknown): Manifest {
  try {
    return toManifest(document)
  } catch (cause) {
    if (!(cause instanceof InvalidManifestError)) throw cause
    throw new InvalidReceiptError(`manifest: ${cause.message}`, cause)
  }
}

/**
 * Everything about a receipt that can be checked without the chain, in the order of docs/formats.md#receipt. It proves the
 * amounts to whoever trusts `manifestHash`; that the chain anchored it is a further step. Runs in a browser.
 */
export function verifyReceiptOffline(document: Receipt): VerifiedReceipt {
  const manifestHash = bytesToHex(sha256(encodeManifest(document.manifest))) as Hash32
  const steps: ReceiptStep[] = []
  for (const name of RECEIPT_CHECKS) {
    const step = runCheck(name, document, manifestHash)
    steps.push(step)
    if (!step.ok) break
  }
  return {
    ok: steps.every((step) => step.ok),
    epoch: document.manifest.epoch,
    account: document.account,
    token: document.token,
    earned: BigInt(document.row.earned),
    cumulative: BigInt(document.row.cumulative),
    manifestHash,
    steps,
  }
}

function runCheck(name: ReceiptCheck, document: Receipt, manifestHash: Hash32): ReceiptStep {
  try {
    return { name, ok: true, detail: CHECKS[name](document, manifestHash) }
  } catch (error) {
    // The verifiers say what differs by throwing; anything else is a fault of this program.
    if (!(error instanceof TallyError)) throw error
    return { name, ok: false, detail: error.message }
  }
}

/** One statement of a receipt contradicts another. */
class ReceiptMismatchError extends TallyError {
  override readonly code = 'RECEIPT_MISMATCH'
  constructor(what: string, expected: string | number | bigint, found: string | number | bigint) {
    super(`${what}: expected ${expected}, found ${found}.`, { facts: { what, expected, found } })
  }
}

function assertEqual(what: string, expected: string | number | bigint, found: string | number | bigint): void {
  if (expected !== found) throw new ReceiptMismatchError(what, expected, found)
}

/** Each says in words what it proved, or throws. */
const CHECKS: Readonly<Record<ReceiptCheck, (receipt: Receipt, manifestHash: Hash32) => string>> = {
  manifest: ({ manifest }, manifestHash) => `The manifest of epoch ${manifest.epoch} has the hash ${manifestHash}.`,

  payout: ({ manifest, account, token, payout }) => {
    assertEqual('payout.chainId', manifest.payout.chainId, payout.chainId)
    assertEqual('payout.distributor', manifest.payout.distributor, payout.distributor)
    assertEqual('payout.account', account, payout.account)
    assertEqual('payout.token', token, payout.token)
    const { proof: nodes, ...leaf } = payout
    verifyPayout({
      root: manifest.payout.root,
      leaf: { ...leaf, chainId: BigInt(leaf.chainId), cumulative: BigInt(leaf.cumulative) },
      proof: nodes,
    })
    return `The payout root ${manifest.payout.root} pays ${payout.cumulative} in all.`
  },

  row: ({ manifest, account, token, row, rowIndex, rowProof }) => {
    assertEqual('row.account', account, row.account)
    assertEqual('row.token', token, row.token)
    const { rows, root } = manifest.tables.accounts
    verifyInclusion({
      leafHash: rowHash(row),
      index: rowIndex,
      treeSize: rows,
      proof: rowProof.map((node) => hashBytes(node, 'A node of rowProof')),
      rootHash: hashBytes(root, 'The root of the accounts'),
    })
    return `The account's row is number ${rowIndex} of the ${rows} that the manifest commits to.`
  },

  lines: ({ manifest, account, token, row, lines }) => {
    for (const [index, line] of lines.entries()) {
      assertEqual(`lines[${index}].account`, account, line.account)
      assertEqual(`lines[${index}].token`, token, line.token)
      assertEqual(`lines[${index}].epoch`, manifest.epoch, line.epoch)
    }
    assertEqual('root of the lines', row.linesRoot, bytesToHex(tableRoot(lines)))
    return `The row commits to exactly these ${lines.length} lines.`
  },

  earned: ({ row, lines }) => {
    const sum = lines.reduce((total, line) => total + BigInt(line.amount), 0n)
    assertEqual('sum of the lines', BigInt(row.earned), sum)
    return `The lines sum to what was earned in the epoch, ${row.earned}.`
  },

  cumulative: ({ row }) => {
    assertEqual('before + earned', BigInt(row.cumulative), BigInt(row.before) + BigInt(row.earned))
    return `${row.before} before and ${row.earned} in the epoch make ${row.cumulative}.`
  },

  leaf: ({ row, payout }) => {
    assertEqual('amount of the payout leaf', row.cumulative, payout.cumulative)
    return 'The row and the payout leaf name the same amount.'
  },
}

function hashBytes(hex: Hex, what: string): Uint8Array {
  return hexToBytes(hex, HASH_BYTES, what)
}
