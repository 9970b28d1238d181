import { type ActContext, type Acted, actOnce } from './act-once.ts'
import { ask } from './connect.ts'
import {
  type EpochContent,
  type EpochRecord,
  encodeFinalizeEpoch,
  encodeProposeEpoch,
  type ReadAt,
  readDelay,
  readEpoch,
} from './distributor.ts'
import { DelayTooShortError, EpochNotProposedError, ProposalDiffersError } from './errors.ts'
import type { SettledTransaction } from './transaction-store.ts'

export type ProposeOutcome =
  | { readonly outcome: 'proposed'; readonly record: EpochRecord; readonly transaction: SettledTransaction }
  | { readonly outcome: 'already-proposed'; readonly record: EpochRecord }

/**
 * Proposes an epoch, once. When the chain has it already with equal content, says so; `record.state` may then be
 * `finalized`.
 *
 * @throws {@link ProposalDiffersError} the chain has other content for the epoch; names the first field that differs
 * @throws {@link DelayTooShortError}   the distributor's delay is below the chain table's minimum; nothing was sent
 * Else as `sendOnce`.
 */
export async function proposeEpoch(context: ActContext, content: EpochContent): Promise<ProposeOutcome> {
  const { epoch, attempt } = content
  await checkDelay(context)
  const acted = await actOnce(context, {
    name: `propose/${epoch}/${attempt}`,
    data: encodeProposeEpoch(content),
    effect: async (when) => {
      const record = await readEpoch(context, epoch, when)
      if (record !== undefined) assertSameContent(record, content)
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

/**
 * Finalizes a proposed epoch, once. Anyone may.
 *
 * @throws {@link EpochNotProposedError}
 * Else as `sendOnce`.
 */
export async function finalizeEpoch(context: ActContext, epoch: bigint): Promise<FinalizeOutcome> {
  const { client } = context.connection
  const record = await readEpoch(context, epoch, { blockTag: 'latest' })
  if (record === undefined) throw new EpochNotProposedError({ epoch })
  if (record.state === 'proposed') {
    const { timestamp: now_s } = await ask(context.connection, () => client.getBlock())
    const possibleAt_s = record.proposedAt_s + record.delay_s
    if (now_s < possibleAt_s) return { outcome: 'too-early', possibleAt_s, now_s }
  }
  const acted: Acted<EpochRecord> = await actOnce(context, {
    name: `finalize/${epoch}/${record.content.attempt}`,
    data: encodeFinalizeEpoch(epoch),
    effect: async (when: ReadAt) => {
      const found = await readEpoch(context, epoch, when)
      return found?.state === 'finalized' ? found : undefined
    },
  })
  return acted.outcome === 'done'
    ? { outcome: 'finalized', record: acted.effect, transaction: acted.transaction }
    : { outcome: 'already-finalized', record: acted.effect }
}

async function checkDelay(context: ActContext): Promise<void> {
  const { chainId, minimumDelay_s } = context.connection.entry
  const delay_s = Number((await readDelay(context, { blockTag: 'latest' })).delay_s)
  if (delay_s < minimumDelay_s) throw new DelayTooShortError({ chainId, delay_s, minimumDelay_s })
}

/**
 * Compares what the chain has with what is proposed here, in the order of the contract's arguments.
 *
 * @throws {@link ProposalDiffersError} naming the first field that differs
 */
function assertSameContent({ content: onChain, state }: EpochRecord, given: EpochContent): void {
  const mine = new Map(fieldsOf(given))
  const theirs = new Map(fieldsOf(onChain))
  for (const field of new Set([...theirs.keys(), ...mine.keys()])) {
    const [found, expected] = [theirs.get(field) ?? 'absent', mine.get(field) ?? 'absent']
    if (found !== expected) {
      throw new ProposalDiffersError({ epoch: given.epoch, state, field, onChain: found, given: expected })
    }
  }
}

function fieldsOf(content: EpochContent): [string, string][] {
  return [
    ['epoch', String(content.epoch)],
    ['attempt', String(content.attempt)],
    ['ledgerRoot', content.ledgerRoot.toLowerCase()],
    ['treeSize', String(content.treeSize)],
    ['payoutRoot', content.payoutRoot.toLowerCase()],
    ...content.totals.flatMap(({ token, total_atoms, reserved_atoms }): [string, string][] => [
      [`totals[${token.toLowerCase()}]`, String(total_atoms)],
      [`reserved[${token.toLowerCase()}]`, String(reserved_atoms)],
    ]),
    ['manifestHash', content.manifestHash.toLowerCase()],
    ['uri', content.uri],
  ]
}
