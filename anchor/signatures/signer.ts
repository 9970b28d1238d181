import { hashTypedData, recoverTypedDataAddress } from 'viem'
import type { EventOf } from '../../schemas/events.ts'
import { type Address, fromHex, type Hash32, toAddress, toHex } from '../../schemas/ids.ts'
import { outcomeTypedData, stepTypedData } from './agent-typed-data.ts'
import { openingTypedData, resolutionTypedData } from './dispute-typed-data.ts'
import {
  batchTypedData,
  type RegistryEventType,
  registryTypedData,
  voucherTypedData,
  withdrawalTypedData,
} from './typed-data.ts'

/** Half of the order of secp256k1 (SEC 2). */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** The account type of viem that both a local key and a browser wallet satisfy. */
export interface TypedDataSigner {
  readonly address: string
  signTypedData(data: never): Promise<`0x${string}`>
}

export type SignedEvent = EventOf<
  | RegistryEventType
  | 'ContributionBatch'
  | 'ContributionWithdrawn'
  | 'VoucherPresented'
  | 'TaskOutcome'
  | 'AgentStep'
  | 'DisputeOpened'
  | 'DisputeResolved'
>
type UnsignedEvent<Event extends SignedEvent = SignedEvent> = Event extends SignedEvent
  ? Omit<Event, 'body'> & { readonly body: Omit<Event['body'], 'signature'> }
  : never

/** @returns the event with its 65-byte signature by `signer` under the ledger's EIP-712 domain. */
export async function signEvent<Event extends UnsignedEvent>(
  ledgerId: Uint8Array,
  signer: TypedDataSigner,
  event: Event,
): Promise<Event & { readonly body: Event['body'] & { readonly signature: Uint8Array } }> {
  const signature = await signer.signTypedData(typedDataOf(ledgerId, event) as never)
  return { ...event, body: { ...event.body, signature: fromHex(signature) } }
}

/**
 * The externally owned account whose signature the event carries, or undefined when the signature is malformed.
 * Whether that account may sign this event is the caller's question.
 */
export async function recoverSigner(ledgerId: Uint8Array, event: SignedEvent): Promise<Address | undefined> {
  return recoverTypedData(typedDataOf(ledgerId, event), event.body.signature)
}

/** As {@link recoverSigner}, of any typed data (EIP-712). @param signature r ‖ s ‖ v; anything else gives undefined */
export async function recoverTypedData(typedData: object, signature: Uint8Array): Promise<Address | undefined> {
  const recoveryId = signature[64]
  if (signature.length !== 65 || (recoveryId !== 27 && recoveryId !== 28)) return undefined
  // EIP-2: of the two signatures that everybody can make of one, only that with the lower s counts.
  if (BigInt(toHex(signature.subarray(32, 64))) > HALF_ORDER) return undefined
  try {
    return toAddress(await recoverTypedDataAddress({ ...typedData, signature: toHex(signature) } as never))
  } catch {
    return undefined // r or s out of range or no point of the curve: nobody signed this
  }
}

/** What a contract is asked about (ERC-1271): the EIP-712 digest of the event. */
export function signingDigest(ledgerId: Uint8Array, event: SignedEvent): Hash32 {
  return digestOfTypedData(typedDataOf(ledgerId, event))
}

/** The EIP-712 digest of any typed data. */
export function digestOfTypedData(typedData: object): Hash32 {
  return hashTypedData(typedData as never) as Hash32
}

function typedDataOf(ledgerId: Uint8Array, event: UnsignedEvent | SignedEvent) {
  if (event.type === 'ContributionBatch') return batchTypedData(ledgerId, event, event.body)
  if (event.type === 'ContributionWithdrawn') return withdrawalTypedData(ledgerId, event, event.body)
  if (event.type === 'VoucherPresented') return voucherTypedData(ledgerId, event.body)
  if (event.type === 'TaskOutcome') return outcomeTypedData(ledgerId, event, event.body)
  if (event.type === 'AgentStep') return stepTypedData(ledgerId, event, event.body)
  if (event.type === 'DisputeOpened') return openingTypedData(ledgerId, event, event.body)
  if (event.type === 'DisputeResolved') return resolutionTypedData(ledgerId, event, event.body)
  return registryTypedData(ledgerId, event as never, event.body as never)
}
