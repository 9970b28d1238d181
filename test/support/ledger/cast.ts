import { createHash } from 'node:crypto'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { Genesis } from '../../../schemas/genesis.ts'
import { type Address, fromHex, toAddress, toHex } from '../../../schemas/ids.ts'

export const NAMES = [
  'operator',
  'alice',
  'bob',
  'carol',
  'copier',
  'modeller',
  'partner',
  'host',
  'treasury',
  'payer',
  'stranger',
] as const
export type Name = (typeof NAMES)[number]

/** Everybody's key follows from the name alone, so that every test world has the same addresses. */
export function keyOf(name: Name): `0x${string}` {
  return toHex(createHash('sha256').update(`key/${name}`).digest())
}

const SIGNERS = Object.fromEntries(NAMES.map((name) => [name, privateKeyToAccount(keyOf(name))])) as Record<
  Name,
  PrivateKeyAccount
>

export function signerOf(name: Name): PrivateKeyAccount {
  return SIGNERS[name]
}

export function addressOf(name: Name): Address {
  return toAddress(SIGNERS[name].address)
}

/** The address as records hold it, 20 bytes. */
export function accountOf(name: Name): Uint8Array {
  return fromHex(addressOf(name))
}

export const TOKEN = toAddress(`0x${'70'.repeat(20)}`)
export const OTHER_TOKEN = toAddress(`0x${'71'.repeat(20)}`)

export const GENESIS: Genesis = {
  format: 'tallystick-genesis/1',
  name: 'a small ledger',
  chainId: 31337,
  distributor: toAddress(`0x${'d1'.repeat(20)}`),
  operator: addressOf('operator'),
}
