import type { DisputeOpened, DisputeResolved } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import { type EventIdentity, ledgerDomain } from './typed-data.ts'

type Unsigned<Body> = Omit<Body, 'signature'>

/** EIP-712 typed data that whoever disputes a line signs: a wallet shows the line and what it costs. */
export function openingTypedData(ledgerId: Uint8Array, event: EventIdentity, opening: Unsigned<DisputeOpened>) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      DisputeOpened: [
        { name: 'source', type: 'string' },
        { name: 'id', type: 'string' },
        { name: 'dispute', type: 'string' },
        { name: 'opener', type: 'address' },
        { name: 'epoch', type: 'uint32' },
        { name: 'account', type: 'address' },
        { name: 'token', type: 'address' },
        { name: 'kind', type: 'string' },
        { name: 'asset', type: 'string' },
        { name: 'claim', type: 'string' },
        { name: 'items', type: 'DisputedItem[]' },
        { name: 'evidence', type: 'bytes32' },
        { name: 'bond', type: 'uint256' },
      ],
      DisputedItem: [
        { name: 'batchSource', type: 'string' },
        { name: 'batchId', type: 'string' },
        { name: 'index', type: 'uint32' },
      ],
    },
    primaryType: 'DisputeOpened',
    message: {
      source: event.source,
      id: event.id,
      dispute: opening.dispute,
      opener: toHex(opening.opener),
      epoch: opening.epoch,
      account: toHex(opening.account),
      token: toHex(opening.token),
      kind: opening.kind,
      asset: opening.asset,
      claim: opening.claim,
      items: opening.items.map(({ batchSource, batchId, index }) => ({ batchSource, batchId, index })),
      evidence: toHex(opening.evidence),
      bond: opening.bond,
    },
  } as const
}

/** EIP-712 typed data that the operator signs to decide a dispute. */
export function resolutionTypedData(ledgerId: Uint8Array, event: EventIdentity, resolution: Unsigned<DisputeResolved>) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      DisputeResolved: [
        { name: 'source', type: 'string' },
        { name: 'id', type: 'string' },
        { name: 'dispute', type: 'string' },
        { name: 'upheld', type: 'bool' },
        { name: 'awardParts', type: 'uint32' },
        { name: 'reason', type: 'string' },
      ],
    },
    primaryType: 'DisputeResolved',
    message: {
      source: event.source,
      id: event.id,
      dispute: resolution.dispute,
      upheld: resolution.upheld,
      awardParts: resolution.awardParts,
      reason: resolution.reason,
    },
  } as const
}
