import type { Address, Hex } from 'viem'

/** Names one distributor: a signature for one is worth nothing at another. */
export interface DistributorPlace {
  readonly chainId: number
  readonly distributor: Address
}

/** EIP-712 domain of a distributor, see TallyDistributor.sol. */
function distributorDomain({ chainId, distributor }: DistributorPlace) {
  return { name: 'TallyDistributor', version: '1', chainId, verifyingContract: distributor } as const
}

/** What an attester signs for a proposal: that it recomputed it and found the same. */
export interface Attestation {
  readonly epoch: bigint
  readonly attempt: number
  /** `recordHash` of the proposal. */
  readonly proposalHash: Hex
}

/** EIP-712 typed data of an attestation; its digest is the contract's `attestationDigest`. */
export function attestationTypedData(place: DistributorPlace, message: Attestation) {
  return {
    domain: distributorDomain(place),
    types: {
      Attestation: [
        { name: 'epoch', type: 'uint64' },
        { name: 'attempt', type: 'uint32' },
        { name: 'proposalHash', type: 'bytes32' },
      ],
    },
    primaryType: 'Attestation',
    message,
  } as const
}

/** EIP-712 typed data that an attester signs against a finalized epoch; its digest is `revocationDigest`. */
export function revocationTypedData(place: DistributorPlace, message: { epoch: bigint; recordHash: Hex }) {
  return {
    domain: distributorDomain(place),
    types: {
      Revocation: [
        { name: 'epoch', type: 'uint64' },
        { name: 'recordHash', type: 'bytes32' },
      ],
    },
    primaryType: 'Revocation',
    message,
  } as const
}

/** What an account signs so that anyone may claim for it. */
export interface ClaimAuthorization {
  readonly account: Address
  readonly token: Address
  /** Who is paid. */
  readonly recipient: Address
  /** Least that the claim has to pay, in the token's smallest unit. */
  readonly minimum: bigint
  /** Any number that the account has neither used nor cancelled. */
  readonly nonce: bigint
  /** Last block time at which it counts, in seconds since 1970. */
  readonly deadline: bigint
}

/** EIP-712 typed data of a claim by signature; its digest is `claimDigest`. */
export function claimTypedData(place: DistributorPlace, message: ClaimAuthorization) {
  return {
    domain: distributorDomain(place),
    types: {
      Claim: [
        { name: 'account', type: 'address' },
        { name: 'token', type: 'address' },
        { name: 'recipient', type: 'address' },
        { name: 'minimum', type: 'uint256' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'Claim',
    message,
  } as const
}
