import { z } from 'zod'
import { TallyError } from '../schemas/errors.ts'
import { type Hash32, toHex } from '../schemas/ids.ts'
import { type CanonicalJson, canonicalJson } from './canonical-json.ts'
import { sha256 } from './hash.ts'
import { address, amount, count, hash32, integer } from './shapes.ts'

const table = z.strictObject({ rows: count, root: hash32 })

const period = z.strictObject({
  model: z.string(),
  token: address,
  featureMap: z.string(),
  method: z.string(),
  state: z.enum(['paid', 'held', 'unattributed']),
  firstEpoch: count,
  epochs: count,
  events: count,
  items: count,
  duplicates: count,
  effectiveEvents: amount,
  fees: amount,
  pool: amount,
  carriedIn: amount,
  paid: amount,
  holdBackParts: count,
  heldBack: amount,
  carried: amount,
  unattributed: amount,
  feeShift: count,
  lambda: amount.nullable(),
  lambdaRetries: count.nullable(),
  exponent: z.number().int().nullable(),
  vExponent: z.number().int().nullable(),
  dBar: amount.nullable(),
  dBarNext: amount.nullable(),
  sumPositive: amount.nullable(),
  denominator: amount.nullable(),
  vHash: hash32.nullable(),
  xHash: hash32.nullable(),
  vErrorNano: integer.nullable(),
})

/** Characters in which an operator says what was wrong with a vetoed attempt. */
export const VETO_REASON_MAX = 256

/** Every key is explained in docs/formats.md#manifest. */
export const manifestShape = z.strictObject({
  format: z.literal('tallystick-manifest/1'),
  ledger: hash32,
  epoch: count.min(1),
  attempt: count.min(1),
  vetoed: z.array(
    z.strictObject({
      attempt: count.min(1),
      engine: z.string(),
      manifestHash: hash32,
      reason: z.string().min(1).max(VETO_REASON_MAX),
    }),
  ),
  engine: z.string(),
  previous: hash32.nullable(),
  cut: z.strictObject({
    timeMs: amount,
    partitions: z.array(
      z.strictObject({ topic: z.string(), partition: count, incarnation: count, from: amount, to: amount }),
    ),
  }),
  holes: z.array(z.strictObject({ topic: z.string(), partition: count, from: amount, to: amount })),
  gaps: z.array(z.strictObject({ topic: z.string(), partition: count, from: amount, to: amount })),
  counts: z.strictObject({
    ...{ accepted: count, duplicate: count, late: count, rejected: count },
    reasons: z.record(z.string(), count),
  }),
  tree: z.strictObject({ size: amount, root: hash32, previousSize: amount }),
  policy: z.string().nullable(),
  periods: z.array(period),
  conservation: z.array(
    z.strictObject({
      token: address,
      funded: amount,
      outside: amount,
      released: amount,
      refunded: amount,
      unfunded: amount,
      reported: amount,
      sold: amount,
      bonds: amount,
      bondsReturned: amount,
      heldIn: amount,
      out: amount,
      heldOut: amount,
      unattributed: amount,
      owed: amount,
      owing: amount,
      minimumPayout: amount,
    }),
  ),
  payout: z.strictObject({
    chainId: count,
    distributor: address,
    root: hash32,
    leaves: count,
    totals: z.array(z.strictObject({ token: address, cumulative: amount, reserved: amount, total: amount })),
  }),
  adjustments: z.array(
    z.strictObject({ adjustment: z.string(), fromEpoch: count, toEpoch: count, method: z.string() }),
  ),
  tables: z.strictObject({
    ...{ accounts: table, adjustments: table, disputes: table, lines: table, sales: table, scores: table },
  }),
  carryIn: hash32,
  carryOut: hash32,
})

/** What an epoch commits to; every key is explained in docs/formats.md#manifest. */
export type Manifest = z.infer<typeof manifestShape>
export type ManifestPeriod = Manifest['periods'][number]

export class InvalidManifestError extends TallyError {
  override readonly code = 'INVALID_MANIFEST'
  constructor(detail: string, cause?: unknown) {
    super(`This is no manifest: ${detail}`, { cause, hint: 'Its shape is in docs/formats.md#manifest.' })
  }
}

/** @throws InvalidManifestError unless `value` has exactly the keys and types of docs/formats.md#manifest. */
export function toManifest(value: unknown): Manifest {
  const parsed = manifestShape.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new InvalidManifestError(`${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`)
}

/** Bytes of `manifest.json`. */
export function encodeManifest(document: Manifest): Uint8Array {
  return canonicalJson(document as unknown as CanonicalJson)
}

/** SHA-256 of the canonical JSON: what the chain anchors. */
export function manifestHash(document: Manifest): Hash32 {
  return toHex(sha256(encodeManifest(document))) as Hash32
}
