import { type Hex, type LocalAccount, recoverTypedDataAddress } from 'viem'
import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, type Hash32, toAddress, toHash32 } from '../../schemas/ids.ts'
import { type Attestation, attestationTypedData, type DistributorPlace } from './attestation.ts'

export const ATTESTATION_FORMAT = 'tallystick-attestation/1'

/** A document has some 500 bytes; more is no attestation. */
export const ATTESTATION_BYTES_MAX = 4_096

/** Upper half of the curve's order: the contract refuses signatures with such an s, since each would have a second form. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`), `must be 0x and ${2 * bytes} lower-case hex digits`)

/** What a document has to look like; whether its signature holds is {@link verifyAttestation}'s. */
export const attestationShape = z.strictObject({
  format: z.literal(ATTESTATION_FORMAT),
  chainId: z.number().int().min(1),
  distributor: hex(20),
  epoch: z.number().int().min(1).max(0xffffff),
  attempt: z.number().int().min(1).max(0xffffffff),
  proposalHash: hex(32),
  attester: hex(20),
  signature: hex(65),
})

/** An attestation as a file: what was attested, by whom, and the signature. See docs/formats.md#attestation. */
export interface AttestationDocument {
  readonly format: typeof ATTESTATION_FORMAT
  readonly chainId: number
  readonly distributor: Address
  readonly epoch: number
  readonly attempt: number
  /** Record hash of the proposal. */
  readonly proposalHash: Hash32
  readonly attester: Address
  /** 65 bytes: r, s, v. */
  readonly signature: Hex
}

export class InvalidAttestationError extends TallyError {
  override readonly code = 'INVALID_ATTESTATION'
  constructor(facts: { detail: string }, cause?: unknown) {
    super(`This is no attestation: ${facts.detail}.`, {
      facts,
      cause,
      hint: 'Its shape is in docs/formats.md#attestation. Ask the attester to send the file again.',
    })
  }
}

/** Signs an attestation. The same key and proposal always give the same bytes (RFC 6979). */
export async function signAttestation(
  signer: LocalAccount,
  place: DistributorPlace,
  attestation: Attestation,
): Promise<AttestationDocument> {
  return {
    format: ATTESTATION_FORMAT,
    chainId: place.chainId,
    distributor: toAddress(place.distributor),
    epoch: Number(attestation.epoch),
    attempt: attestation.attempt,
    proposalHash: toHash32(attestation.proposalHash),
    attester: toAddress(signer.address),
    signature: await signer.signTypedData(attestationTypedData(place, attestation)),
  }
}

export function encodeAttestation(document: AttestationDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/**
 * Reads an attestation and checks its signature as the contract does, without asking anybody. It does not say whether the
 * attester is one: that is a question to the chain.
 *
 * @throws {@link InvalidAttestationError} another shape, another signer, or a form of signature that the contract refuses
 */
export async function verifyAttestation(bytes: Uint8Array): Promise<AttestationDocument> {
  const document = readAttestation(bytes)
  const { signature, attester, chainId, distributor, epoch, attempt, proposalHash } = document
  const v = Number.parseInt(signature.slice(-2), 16)
  if (v !== 27 && v !== 28) throw new InvalidAttestationError({ detail: `v of its signature is ${v}, not 27 or 28` })
  if (BigInt(`0x${signature.slice(66, 130)}`) > HALF_ORDER)
    throw new InvalidAttestationError({ detail: 's of its signature lies in the upper half' })
  const message = { epoch: BigInt(epoch), attempt, proposalHash }
  const data = attestationTypedData({ chainId, distributor }, message)
  const signer = await recoverTypedDataAddress({ ...data, signature }).catch((cause) => {
    throw new InvalidAttestationError({ detail: 'its signature belongs to no key' }, cause)
  })
  if (toAddress(signer) !== attester)
    throw new InvalidAttestationError({ detail: `${toAddress(signer)} signed it, not ${attester}` })
  return document
}

/** The document, its signature not checked. @throws {@link InvalidAttestationError} another shape */
export function readAttestation(bytes: Uint8Array): AttestationDocument {
  if (bytes.length > ATTESTATION_BYTES_MAX)
    throw new InvalidAttestationError({ detail: `it has more than ${ATTESTATION_BYTES_MAX} bytes` })
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new InvalidAttestationError({ detail: 'it is not JSON' }, cause)
  }
  const parsed = attestationShape.safeParse(value)
  if (parsed.success) return parsed.data as AttestationDocument
  const issue = parsed.error.issues[0]
  throw new InvalidAttestationError({
    detail: `${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`,
  })
}
