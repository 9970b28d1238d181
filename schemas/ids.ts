import { TallyError } from './errors.ts'

declare const brand: unique symbol
type Branded<Value, Name extends string> = Value & { readonly [brand]: Name }

/** An EVM address as lower-case 0x-hex, 42 characters. Not checksummed, so that equal addresses are equal strings. */
export type Address = Branded<`0x${string}`, 'Address'>
/** A 32-byte hash as lower-case 0x-hex, 66 characters. */
export type Hash32 = Branded<`0x${string}`, 'Hash32'>
/** Whole number of an epoch, from 1. */
export type Epoch = Branded<number, 'Epoch'>

export class InvalidIdError extends TallyError {
  override readonly code = 'INVALID_ID'
  constructor(facts: { kind: string; value: string }) {
    super(`${JSON.stringify(facts.value.slice(0, 80))} is no ${facts.kind}.`, {
      facts: { ...facts, value: facts.value.slice(0, 80) },
    })
  }
}

/** @throws InvalidIdError unless `text` is 0x and 40 hex digits (any case). */
export function toAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text))
    throw new InvalidIdError({ kind: 'address (0x and 40 hex digits)', value: text })
  return text.toLowerCase() as Address
}

/** @throws InvalidIdError unless `text` is 0x and 64 hex digits (any case). */
export function toHash32(text: string): Hash32 {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text))
    throw new InvalidIdError({ kind: '32-byte hash (0x and 64 hex digits)', value: text })
  return text.toLowerCase() as Hash32
}

/** @throws InvalidIdError unless `value` is a whole number from 1 to 2^31 - 1. */
export function toEpoch(value: number): Epoch {
  if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff)
    throw new InvalidIdError({ kind: 'epoch (a whole number from 1)', value: String(value) })
  return value as Epoch
}

/** Lower-case 0x-hex of bytes. */
export function toHex(bytes: Uint8Array): `0x${string}` {
  // A browser has no Buffer, which is much the fastest in Node.
  if (typeof Buffer === 'undefined') return `0x${Array.from(bytes, digitsOf).join('')}`
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

function digitsOf(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** Bytes of 0x-hex. @throws InvalidIdError on anything else. */
export function fromHex(text: string): Uint8Array {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text)) throw new InvalidIdError({ kind: 'hex string', value: text })
  if (typeof Buffer !== 'undefined') return Buffer.from(text.slice(2), 'hex')
  return Uint8Array.from(text.slice(2).match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}
