import type { ActContext } from '../../anchor/chain/act-once.ts'
import {
  type CountedAttestations,
  countAttestations,
  type DroppedAttestation,
} from '../../anchor/chain/count-attestations.ts'
import { type EpochContent, type EpochRecord, readAttesters } from '../../anchor/chain/distributor.ts'
import { epochContentOf } from '../../anchor/chain/epoch-content.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import type { Manifest } from '../../anchor/manifest.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { loadManifest } from '../publish/build-manifest.ts'
import { type AttestationPlaces, readAttestations } from './read-attestations.ts'

/** Attesters answer when they have recomputed the epoch; until then it is asked again now and then. */
const ATTESTATION_RETRY_S = 60n

export interface AnchorOptions {
  readonly ledger: Ledger
  /** Asked for only when there is something to anchor: an idle run needs no chain. */
  readonly chain: () => Promise<ActContext>
  /** Only to finalize: what attesters sent. */
  readonly attestations?: AttestationPlaces
  /** Told of each file that does not count for the proposal at hand. */
  readonly onDropped?: (dropped: DroppedAttestation) => void
}

/**
 * Proposes the oldest published epoch. The chain is the truth: killed after the transaction was sent, the next call finds
 * it there and only notes it.
 */
export async function proposeNext({ ledger, chain }: AnchorOptions): Promise<StepResult> {
  const row = await firstEpochIn(ledger.warehouse, 'published')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No published epoch waits to be proposed.' }
  const pending = await firstEpochIn(ledger.warehouse, 'proposed')
  if (pending !== undefined) {
    return { did: 'nothing', epoch: row.epoch, detail: `Epoch ${pending.epoch} has to be finalized first.` }
  }
  const manifest = await loadManifest(ledger.warehouse, row.epoch)
  const proposed = await proposeEpoch(await chain(), epochContent(manifest))
  await setState(ledger.warehouse, row.epoch, 'published', 'proposed')
  const possible = new Date(Number(proposed.record.proposedAt_s + proposed.record.delay_s) * 1000).toISOString()
  return { did: 'done', epoch: row.epoch, detail: `Proposed; it can be finalized from ${possible}.` }
}

/**
 * Finalizes the oldest proposed epoch, or says when that becomes possible. Before, the proposal is held to the manifest once
 * more: one that a reorganisation dropped is sent again, one with other content stops here.
 */
export async function finalizeNext(options: AnchorOptions): Promise<StepResult> {
  const { ledger, chain } = options
  const row = await firstEpochIn(ledger.warehouse, 'proposed')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No proposed epoch waits to be finalized.' }
  const context = await chain()
  const { record } = await proposeEpoch(context, epochContent(await loadManifest(ledger.warehouse, row.epoch)))
  const counted = await attestationsFor(options, context, record)
  const finalized = await finalizeEpoch(context, BigInt(row.epoch), counted.signatures)
  if (finalized.outcome === 'too-early') {
    const untilMs = finalized.possibleAt_s * 1000n
    const detail = `The delay ends at ${new Date(Number(untilMs)).toISOString()}.`
    return { did: 'waiting', epoch: row.epoch, detail, untilMs }
  }
  if (finalized.outcome === 'unattested') {
    const detail = `The delay is over; ${finalized.given} of ${finalized.needed} attestations are there.`
    return { did: 'waiting', epoch: row.epoch, detail, untilMs: (finalized.now_s + ATTESTATION_RETRY_S) * 1000n }
  }
  await setState(ledger.warehouse, row.epoch, 'proposed', 'finalized')
  return { did: 'done', epoch: row.epoch, detail: 'Finalized; its accounts can claim.' }
}

/** What was sent and counts for a proposal, by the set that the proposal was made under. */
async function attestationsFor(
  { attestations, onDropped }: AnchorOptions,
  context: ActContext,
  { state, content, recordHash, attesterSet }: EpochRecord,
): Promise<CountedAttestations> {
  if (state !== 'proposed' || attestations === undefined) return { signatures: [], attesters: [], dropped: [] }
  const { given, dropped: unreadable } = await readAttestations(attestations)
  const counted = await countAttestations(given, {
    place: { chainId: context.connection.entry.chainId, distributor: context.distributor },
    epoch: content.epoch,
    attempt: content.attempt,
    proposalHash: recordHash,
    attesters: await readAttesters(context, attesterSet, { blockTag: 'latest' }),
  })
  for (const dropped of [...unreadable, ...counted.dropped]) onDropped?.(dropped)
  return counted
}

/** What the contract is told of an epoch. */
function epochContent(manifest: Manifest): EpochContent {
  return epochContentOf(manifest, `bundle:epoch-${String(manifest.epoch).padStart(6, '0')}`)
}
