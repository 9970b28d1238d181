import { type Address, encodeAbiParameters, type Hex, keccak256, parseAbiParameters, stringToBytes } from 'viem'
import type { EpochContent } from './distributor.ts'

const RECORD_TYPE = keccak256(stringToBytes('TallyDistributor.EpochRecord.v1'))

const RECORD_PARAMETERS = parseAbiParameters([
  'bytes32 recordType, uint256 chainId, address distributor, bytes32 prevHash, Content content',
  'struct Content { uint64 epoch; uint32 attempt; bytes32 ledgerRoot; uint64 treeSize; bytes32 payoutRoot; address[] tokens; uint256[] totals; uint256[] reserved; bytes32 manifestHash; string uri; }',
])

/** What a record's hash covers beside the content. */
export interface EpochRecordPlace {
  readonly chainId: number
  readonly distributor: Address
  /** Record hash of the epoch before, zero for epoch 1. */
  readonly prevHash: Hex
}

/**
 * The hash under which the distributor records an epoch, computed without the chain:
 * keccak256(abi.encode(RECORD_TYPE, chainId, distributor, prevHash, content)), see TallyDistributor.sol.
 */
export function epochRecordHash({ chainId, distributor, prevHash }: EpochRecordPlace, content: EpochContent): Hex {
  const { totals, ...rest } = content
  const fields = {
    ...rest,
    tokens: totals.map((each) => each.token),
    totals: totals.map((each) => each.total_atoms),
    reserved: totals.map((each) => each.reserved_atoms),
  }
  return keccak256(
    encodeAbiParameters(RECORD_PARAMETERS, [RECORD_TYPE, BigInt(chainId), distributor, prevHash, fields]),
  )
}
