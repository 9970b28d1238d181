import type { Hex } from 'viem'
import { TallyError } from '../../schemas/errors.ts'
import { type Address, toAddress } from '../../schemas/ids.ts'
import type { Attestation, DistributorPlace } from './attestation.ts'
import { type AttestationDocument, readAttestation, verifyAttestation } from './attestation-document.ts'
import type { AttesterSet } from './distributor.ts'

/** A file that may hold an attestation. */
export interface GivenAttestation {
  /** For messages. */
  readonly name: string
  readonly bytes: Uint8Array
}

export interface DroppedAttestation {
  readonly name: string
  readonly reason: string
}

export interface CountedAttestations {
  /** As `finalizeEpoch` wants them: ascending by signer, each signer once, no more than are needed. */
  readonly signatures: readonly Hex[]
  /** All attesters whose attestation counts, ascending; may be more than are needed. */
  readonly attesters: readonly Address[]
  /** What does not count. Attestations of other epochs and attempts are left out in silence: folders keep them. */
  readonly dropped: readonly DroppedAttestation[]
}

/**
 * Which attestations count for a proposal. Anybody may put files there, so one bad file never keeps the good ones from
 * counting.
 *
 * @param attesters the set under which the epoch was proposed
 */
export async function countAttestations(
  given: readonly GivenAttestation[],
  proposal: Attestation & { readonly place: DistributorPlace; readonly attesters: AttesterSet },
): Promise<CountedAttestations> {
  const members = new Set(proposal.attesters.members.map((each) => toAddress(each)))
  const bySigner = new Map<Address, Hex>()
  const dropped: DroppedAttestation[] = []
  for (const { name, bytes } of given) {
    try {
      // Before its signature is checked, which takes a hundred times as long: folders fill up over the years.
      if (isOfAnotherAttempt(readAttestation(bytes), proposal)) continue
      const document = await verifyAttestation(bytes)
      const reason = reasonAgainst(document, proposal, members)
      if (reason === undefined) bySigner.set(document.attester, document.signature)
      else dropped.push({ name, reason })
    } catch (error) {
      if (!(error instanceof TallyError)) throw error
      dropped.push({ name, reason: error.message })
    }
  }
  const attesters = [...bySigner.keys()].sort()
  const signatures = attesters.slice(0, proposal.attesters.threshold).map((each) => bySigner.get(each)!)
  return { signatures, attesters, dropped }
}

function isOfAnotherAttempt(document: AttestationDocument, { place, epoch, attempt }: Place): boolean {
  return isAt(document, place) && (BigInt(document.epoch) !== epoch || document.attempt !== attempt)
}

type Place = Attestation & { readonly place: DistributorPlace }

function isAt({ chainId, distributor }: AttestationDocument, place: DistributorPlace): boolean {
  return chainId === place.chainId && distributor === toAddress(place.distributor)
}

function reasonAgainst(
  document: AttestationDocument,
  { place, proposalHash }: Place,
  members: ReadonlySet<Address>,
): string | undefined {
  if (!isAt(document, place)) return `It is for ${document.distributor} on chain ${document.chainId}.`
  if (document.proposalHash !== proposalHash.toLowerCase())
    return `It attests to another proposal, ${document.proposalHash}.`
  if (!members.has(document.attester)) return `${document.attester} is no attester of this proposal.`
  return undefined
}
