import { concatHex, type Hex, keccak256 } from 'viem'
import { type ActContext, type Acted, actOnce } from './act-once.ts'
import { assertFinalityHolds } from './believe.ts'
import { ask } from './connect.ts'
import {
  type EpochContent,
  type EpochRecord,
  encodeFinalizeEpoch,
  encodeProposeEpoch,
  encodeVetoEpoch,
  readAttesters,
  readDelay,
  readEpoch,
} from './distributor.ts'
import { findContentDifference } from './epoch-content.ts'
import {
  DelayTooShortError,
  EpochNotProposedError,
  EpochVetoedError,
  ProposalDiffersError,
  ThresholdTooLowError,
} from './errors.ts'
import type { SettledTransaction } from './transaction-store.ts'

export type ProposeOutcome =
  | { readonly outcome: 'proposed'; readonly record: EpochRecord; readonly transaction: SettledTransaction }
  | { readonly outcome: 'already-proposed'; readonly record: EpochRecord }

/**
 * Proposes an epoch, once. When the chain has it already with equal content, says so; `record.state` may then be
 * `finalized` or `revoked`. After a veto the next attempt is a new proposal.
 *
 * @throws {@link EpochVetoedError}     this attempt was vetoed
 * @throws {@link ProposalDiffersError} the chain has other content for the epoch; names the first field that differs
 * @throws {@link DelayTooShortError}   the distributor's delay is below the chain table's minimum; nothing was sent
 * @throws {@link ThresholdTooLowError} it needs fewer attestations than the chain table asks for; nothing was sent
 * Else as `sendOnce`.
 */
export async function proposeEpoch(context: ActContext, content: EpochContent): Promise<ProposeOutcome> {
  const { epoch, attempt } = content
  await assertFinalityHolds(context, context.distributor)
  await checkDelay(context)
  await checkThreshold(context)
  const acted = await actOnce(context, {
    name: `propose/${epoch}/${attempt}`,
    data: encodeProposeEpoch(content),
    epochOf: seen,
    effect: async (at, when) => {
      const record = await readEpoch(at, epoch, when)
      if (record === undefined || isNextAttempt(record, attempt)) return undefined
      assertSameContent(record, content)
      if (record.state === 'vetoed') throw new EpochVetoedError({ epoch, attempt })
      return record
    },
  })
  return acted.outcome === 'done'
    ? { outcome: 'proposed', record: acted.effect, transaction: acted.transaction }
    : { outcome: 'already-proposed', record: acted.effect }
}

export type FinalizeOutcome =
  | { readonly outcome: 'finalized'; readonly record: EpochRecord; readonly transaction: SettledTransaction }
  | { readonly outcome: 'already-finalized'; readonly record: EpochRecord }
  /** Nothing was sent. Block times, in seconds since 1970. */
  | { readonly outcome: 'too-early'; readonly possibleAt_s: bigint; readonly now_s: bigint }
  /** Nothing was sent: fewer attestations than the set under which it was proposed asks for. */
  | { readonly outcome: 'unattested'; readonly needed: number; readonly given: number; readonly now_s: bigint }

/**
 * Finalizes a proposed epoch, once. Anyone may.
 *
 * @param signatures attestations (see `attestationTypedData`) in ascending order of their signers' addresses
 * @throws {@link EpochNotProposedError}
 * @throws {@link EpochVetoedError}
 * @throws {@link SimulationFailedError} with reason `InvalidAttestation(i)` when signature i does not count
 * Else as `sendOnce`.
 */
export async function finalizeEpoch(
  context: ActContext,
  epoch: bigint,
  signatures: readonly Hex[] = [],
): Promise<FinalizeOutcome> {
  await assertFinalityHolds(context, context.distributor)
  const record = await readEpoch(context, epoch, { blockTag: 'latest' })
  if (record === undefined) throw new EpochNotProposedError({ epoch })
  const { attempt } = record.content
  const missing = record.state === 'proposed' ? await missingFor(context, record, signatures) : undefined
  if (missing !== undefined) return missing
  const acted: Acted<EpochRecord> = await actOnce(context, {
    name: `finalize/${epoch}/${attempt}${signaturesName(signatures)}`,
    data: encodeFinalizeEpoch(epoch, signatures),
    epochOf: seen,
    effect: async (at, when) => {
      const found = await readEpoch(at, epoch, when)
      if (found?.state === 'vetoed') throw new EpochVetoedError({ epoch, attempt: found.content.attempt })
      return found?.state === 'finalized' || found?.state === 'revoked' ? found : undefined
    },
  })
  return acted.outcome === 'done'
    ? { outcome: 'finalized', record: acted.effect, transaction: acted.transaction }
    : { outcome: 'already-finalized', record: acted.effect }
}

export interface VetoOutcome {
  readonly outcome: 'vetoed' | 'already-vetoed'
  readonly record: EpochRecord
}

/**
 * Vetoes what is proposed for an epoch, once, as the guardian. It counts until somebody finalizes the epoch.
 *
 * @param recordHash of the proposal that is meant: another one, that took its place in the meantime, is not vetoed
 * @throws {@link EpochNotProposedError} nothing is proposed for it, or it is final
 * @throws {@link SimulationFailedError} the sender is not the guardian
 * Else as `sendOnce`.
 */
export async function vetoEpoch(context: ActContext, epoch: bigint, recordHash: Hex): Promise<VetoOutcome> {
  const acted: Acted<EpochRecord> = await actOnce(context, {
    name: `veto/${recordHash}`,
    data: encodeVetoEpoch(epoch),
    epochOf: seen,
    effect: async (at, when) => {
      const record = await readEpoch(at, epoch, when)
      if (record === undefined || record.recordHash !== recordHash) throw new EpochNotProposedError({ epoch })
      if (record.state === 'vetoed') return record
      if (record.state !== 'proposed') throw new EpochNotProposedError({ epoch })
      return undefined
    },
  })
  return { outcome: acted.outcome === 'done' ? 'vetoed' : 'already-vetoed', record: acted.effect }
}

/** What is remembered of a record. */
function seen({ content: { epoch, attempt }, state, recordHash }: EpochRecord) {
  return { epoch, attempt, state, recordHash }
}

/**
 * Other signatures are another transaction: when more attestations come in between a crash and the next call, both may be
 * sent, and the contract lets one of them finalize.
 */
function signaturesName(signatures: readonly Hex[]): string {
  return signatures.length === 0 ? '' : `/${keccak256(concatHex(signatures)).slice(2, 18)}`
}

/** What the pending proposal waits for, undefined when it can be finalized now. */
async function missingFor(
  context: ActContext,
  { proposedAt_s, delay_s, attesterSet }: EpochRecord,
  signatures: readonly Hex[],
): Promise<Exclude<FinalizeOutcome, { record: EpochRecord }> | undefined> {
  const { timestamp: now_s } = await ask(context.connection, () => context.connection.client.getBlock())
  const possibleAt_s = proposedAt_s + delay_s
  if (now_s < possibleAt_s) return { outcome: 'too-early', possibleAt_s, now_s }
  const { threshold } = await readAttesters(context, attesterSet, { blockTag: 'latest' })
  const given = signatures.length
  return given < threshold ? { outcome: 'unattested', needed: threshold, given, now_s } : undefined
}

function isNextAttempt({ state, content }: EpochRecord, attempt: number): boolean {
  return state === 'vetoed' && attempt === content.attempt + 1
}

async function checkDelay(context: ActContext): Promise<void> {
  const { chainId, minimumDelay_s } = context.connection.entry
  const delay_s = Number((await readDelay(context, { blockTag: 'latest' })).delay_s)
  if (delay_s < minimumDelay_s) throw new DelayTooShortError({ chainId, delay_s, minimumDelay_s })
}

async function checkThreshold(context: ActContext): Promise<void> {
  const { chainId, minimumThreshold } = context.connection.entry
  if (minimumThreshold === 0) return
  const { threshold } = await readAttesters(context, undefined, { blockTag: 'latest' })
  if (threshold < minimumThreshold) throw new ThresholdTooLowError({ chainId, threshold, minimumThreshold })
}

/** @throws {@link ProposalDiffersError} naming the first field that differs */
function assertSameContent({ content: onChain, state }: EpochRecord, given: EpochContent): void {
  const difference = findContentDifference(onChain, given)
  if (difference !== undefined) throw new ProposalDiffersError({ epoch: given.epoch, state, ...difference })
}
