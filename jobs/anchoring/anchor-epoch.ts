import type { ActContext } from '../../anchor/chain/act-once.ts'
import type { EpochContent } from '../../anchor/chain/distributor.ts'
import { finalizeEpoch, proposeEpoch } from '../../anchor/chain/epochs.ts'
import { type Manifest, manifestHash } from '../../anchor/manifest.ts'
import { firstEpochIn, type StepResult, setState } from '../epochs.ts'
import type { Ledger } from '../ledger.ts'
import { loadManifest } from '../publish/build-manifest.ts'

/** Attesters answer when they have recomputed the epoch; until then it is asked again now and then. */
const ATTESTATION_RETRY_S = 60n

export interface AnchorOptions {
  readonly ledger: Ledger
  /** Asked for only when there is something to anchor: an idle run needs no chain. */
  readonly chain: () => Promise<ActContext>
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
export async function finalizeNext({ ledger, chain }: AnchorOptions): Promise<StepResult> {
  const row = await firstEpochIn(ledger.warehouse, 'proposed')
  if (row === undefined) return { did: 'nothing', epoch: null, detail: 'No proposed epoch waits to be finalized.' }
  const context = await chain()
  await proposeEpoch(context, epochContent(await loadManifest(ledger.warehouse, row.epoch)))
  const finalized = await finalizeEpoch(context, BigInt(row.epoch))
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

/** What the contract is told of an epoch. */
function epochContent(manifest: Manifest): EpochContent {
  return {
    epoch: BigInt(manifest.epoch),
    attempt: manifest.attempt,
    ledgerRoot: manifest.tree.root,
    treeSize: BigInt(manifest.tree.size),
    payoutRoot: manifest.payout.root,
    totals: manifest.payout.totals.map(({ token, total, reserved }) => ({
      token,
      total_atoms: BigInt(total),
      reserved_atoms: BigInt(reserved),
    })),
    manifestHash: manifestHash(manifest),
    uri: `bundle:epoch-${String(manifest.epoch).padStart(6, '0')}`,
  }
}
