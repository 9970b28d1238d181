import { z } from 'zod'
import type { TallyError } from '../schemas/errors.ts'
import type { Genesis } from '../schemas/genesis.ts'
import type { Address, Hash32 } from '../schemas/ids.ts'
import { decodeUtf8, type Hex } from './bytes.ts'

// What documents are made of. Only patterns and limits: so JSON Schema, which is made of these shapes, says the same.

const U32_MAX = 0xffff_ffff
const U64_MAX = 0xffff_ffff_ffff_ffffn
const GENESIS_NAME_MAX = 256

const text = <Text extends string>(pattern: RegExp, message: string) =>
  z.string().regex(pattern, message) as unknown as z.ZodType<Text>

/** 32 bytes as lower-case 0x-hex. */
export const hash32 = text<Hash32>(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 lower-case hex digits')
/** An account or a contract as lower-case 0x-hex. */
export const address = text<Address>(/^0x[0-9a-f]{40}$/, 'must be 0x and 40 lower-case hex digits')
/** `r ‖ s ‖ v` as lower-case 0x-hex. */
export const signature = text<Hex>(/^0x[0-9a-f]{130}$/, 'must be 65 bytes of lower-case hex')
/** Smallest unit of a token, or another number that may exceed 2^53. */
export const amount = z.string().regex(/^(0|[1-9]\d{0,77})$/, 'must be an amount as decimal text')
/** As {@link amount}, with a sign. */
export const integer = z.string().regex(/^(0|-?[1-9]\d{0,77})$/, 'must be a whole number as decimal text')
export const count = z.number().int().nonnegative()
export const u32 = z.number().int().min(0).max(U32_MAX)
export const u64 = z
  .string()
  .regex(/^(0|[1-9]\d{0,19})$/, 'must be a whole number as decimal text')
  // Asked of texts too that the pattern refused.
  .refine((digits) => !/^\d+$/.test(digits) || BigInt(digits) <= U64_MAX, 'must fit 64 bits')

/** Inclusion proofs have at most 53 nodes, consistency proofs 107. */
const PROOF_NODES_MAX = 107
export const proof = z.array(hash32).max(PROOF_NODES_MAX)

/** The genesis in a document that is checked: addresses have one form only, so that no changed letter goes unseen. */
export const genesisShape: z.ZodType<Genesis> = z.strictObject({
  format: z.literal('tallystick-genesis/1'),
  name: z.string().min(1).max(GENESIS_NAME_MAX),
  chainId: z.number().int().positive(),
  distributor: address,
  operator: address,
})

/** How a kind of document is read. */
export interface DocumentReading<Value> {
  readonly shape: z.ZodType<Value>
  readonly bytesMax: number
  /** The error of this kind of document. */
  readonly refuse: (detail: string, cause?: unknown) => TallyError
}

/**
 * Reads a document from its bytes, or takes one that is parsed. Nothing in it is checked but its shape.
 *
 * @throws what `refuse` makes: too large, no JSON, or another shape
 */
export function readDocument<Value>(value: unknown, { shape, bytesMax, refuse }: DocumentReading<Value>): Value {
  const parsed = shape.safeParse(value instanceof Uint8Array ? parseBytes(value, bytesMax, refuse) : value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw refuse(`${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`)
}

function parseBytes(bytes: Uint8Array, bytesMax: number, refuse: DocumentReading<unknown>['refuse']): unknown {
  if (bytes.length > bytesMax) throw refuse(`more than ${bytesMax} bytes`)
  try {
    return JSON.parse(decodeUtf8(bytes, 'The document'))
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
}
