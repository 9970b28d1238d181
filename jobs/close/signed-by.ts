import {
  digestOfTypedData,
  recoverSigner,
  recoverTypedData,
  type SignedEvent,
  signingDigest,
} from '../../anchor/signatures/signer.ts'
import type { Address } from '../../schemas/ids.ts'
import type { Registry } from './registry.ts'

interface Signatures {
  readonly ledgerId: Uint8Array
  readonly registry: Pick<Registry, 'contractSignatures'>
}

/**
 * Whether the account signed the event: with its key or, when it is a contract, by its recorded answer to the digest
 * (docs/formats.md#signatures). The key first, which needs no record of anybody.
 */
export async function isSignedBy(
  account: Address,
  event: SignedEvent,
  { ledgerId, registry }: Signatures,
): Promise<boolean> {
  if ((await recoverSigner(ledgerId, event)) === account) return true
  if (registry.contractSignatures.size === 0) return false
  return registry.contractSignatures.get(signingDigest(ledgerId, event))?.has(account) ?? false
}

/** Whether one of the accounts signed the typed data, as {@link isSignedBy} has it of an event. */
export async function isSignedByOneOf(
  accounts: ReadonlyMap<Address, unknown>,
  typedData: object,
  signature: Uint8Array,
  { registry }: Pick<Signatures, 'registry'>,
): Promise<boolean> {
  const signer = await recoverTypedData(typedData, signature)
  if (signer !== undefined && accounts.has(signer)) return true
  if (registry.contractSignatures.size === 0) return false
  const contracts = registry.contractSignatures.get(digestOfTypedData(typedData)) ?? []
  return [...contracts].some((contract) => accounts.has(contract))
}
