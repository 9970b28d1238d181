import { z } from 'zod'
import { type CanonicalJson, canonicalJson } from '../anchor/canonical-json.ts'
import { sha256 } from '../anchor/hash.ts'
import { type Hash32, toHex } from '../schemas/ids.ts'
import { differ } from './difference.ts'

const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const amount = z.string().regex(/^(0|[1-9]\d{0,77})$/)
const claim = z.string().regex(/^-?[1-9]\d{0,77}$/)
const count = z.number().int().nonnegative()

const state = z.strictObject({
  format: z.literal('tallystick-state/1'),
  epoch: count,
  balances: z.array(z.strictObject({ payer: address, token: address, amount })),
  channels: z.array(
    z.strictObject({
      payer: address,
      model: z.string(),
      token: address,
      cumulative: amount,
      sequence: amount,
      spent: amount,
    }),
  ),
  outside: z.array(
    z.strictObject({
      epoch: count,
      model: z.string(),
      payer: address,
      token: address,
      until: count,
      fees: amount.refine((fees) => fees !== '0'),
    }),
  ),
  periods: z.array(
    z.strictObject({
      model: z.string(),
      token: address,
      epochs: z.array(count),
      pool: amount,
      carriedIn: amount,
      // 2^128 D̄ 2^-k: wider than any amount.
      dBarFixed: z
        .string()
        .regex(/^(0|[1-9]\d{0,199})$/)
        .nullable(),
    }),
  ),
  reserves: z.array(
    z.strictObject({
      amount: amount.refine((held) => held !== '0'),
      epoch: count,
      model: z.string(),
      token: address,
      until: count,
    }),
  ),
  unattributed: z.array(z.strictObject({ token: address, amount })),
  waiting: z.array(
    z.strictObject({
      epoch: count,
      model: z.string(),
      token: address,
      until: count,
      part: amount,
      // Divided by: entries are of fees above 0.
      fees: amount.refine((fees) => fees !== '0'),
      retrieved: z.boolean(),
      taken: amount,
    }),
  ),
  outcomes: z.array(
    z.strictObject({
      epoch: count,
      payer: address,
      token: address,
      until: count,
      part: amount.refine((part) => part !== '0'),
    }),
  ),
  recoveries: z.array(z.strictObject({ token: address, amount })),
  owed: z.array(z.strictObject({ account: address, token: address, model: z.string(), amount: claim })),
  retired: z.array(z.string()),
  disputes: z.array(
    z.strictObject({
      dispute: z.string(),
      opener: address,
      account: address,
      token: address,
      kind: z.string(),
      asset: z.string(),
      lineEpoch: count,
      epoch: count,
      until: count,
      bond: amount,
      wanted: amount,
      held: amount,
    }),
  ),
})

/** state.json: what an epoch hands to the next (docs/formats.md#bundle). */
export type State = z.infer<typeof state>

/** Before epoch 1. */
export const EMPTY_STATE: State = {
  format: 'tallystick-state/1',
  epoch: 0,
  balances: [],
  channels: [],
  outside: [],
  periods: [],
  reserves: [],
  unattributed: [],
  waiting: [],
  outcomes: [],
  recoveries: [],
  owed: [],
  retired: [],
  disputes: [],
}

/** @throws DifferenceFound unless `value` has the shape of state.json */
export function toState(value: CanonicalJson): State {
  const parsed = state.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  return differ('state', `state.json ${issue?.path.join('.')}`, 'the shape of docs/formats.md#bundle', issue?.message)
}

/** SHA-256 of state.json. */
export function stateHash(document: State): Hash32 {
  return toHex(sha256(canonicalJson(document as unknown as CanonicalJson))) as Hash32
}
