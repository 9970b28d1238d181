import type { EventBodies } from '../../../schemas/events.ts'
import { attributeEpoch } from '../../attribution/attribute-epoch.ts'
import { requireFeatures } from '../../attribution/features/require-features.ts'
import { Facts } from '../../close/facts.ts'
import type { Ledger } from '../../ledger.ts'
import { requireSettled } from '../../rerun/require-settled.ts'
import { makeScratch, scratchFolder } from '../../rerun/scratch.ts'
import { settleEpoch } from '../../settlement/settle-epoch.ts'
import { type Comparison, compareSettled } from './compare.ts'
import { type Costs, costsOf, type Prices } from './costs.ts'

export interface SimulateOptions {
  readonly ledger: Ledger
  /** Tried in all epochs, from the first one on. */
  readonly policy: EventBodies['PolicyPublished']
  readonly from: number
  readonly to: number
  readonly prices?: Prices
  /** Stops it, and removes the copy. */
  readonly signal?: AbortSignal
  readonly onProgress?: (text: string) => void
}

export interface Simulation extends Comparison {
  readonly policy: string
  readonly from: number
  readonly to: number
  readonly costs: Costs
}

/**
 * Settles epochs again under another policy, beside the original: in a copy beside the warehouse, which is removed at the end. Nothing of the ledger
 * changes. What epochs before `from` left (balances, pools, reserves, what is small) is as it was.
 *
 * @throws {@link EpochsNotSettledError}, {@link FeaturesErasedError} of epochs in which erased features took part
 */
export async function simulatePolicy(options: SimulateOptions): Promise<Simulation> {
  const { ledger, policy, from, to, onProgress } = options
  await requireSettled(ledger, from, to)
  await requireFeatures(ledger.warehouse, from)
  const progress = onProgress === undefined ? {} : { onProgress }
  const folder = scratchFolder(ledger.warehouse, 'simulations')
  const verb = 'tally policy simulate'
  const scratch = await makeScratch(ledger, folder, { decided: 'funding', from, to, verb, ...progress })
  const { warehouse } = scratch.ledger
  const stop = () => warehouse.interrupt()
  options.signal?.addEventListener('abort', stop)
  try {
    await replacePolicies(scratch.ledger, policy)
    let compute_ms = 0
    for (let epoch = from; epoch <= to; epoch++) {
      options.signal?.throwIfAborted()
      onProgress?.(`epoch ${epoch} of ${from} to ${to}`)
      const started_ms = performance.now()
      await attributeEpoch({
        ledger: scratch.ledger,
        ...(onProgress && { onProgress: (text) => onProgress(`epoch ${epoch} of ${from} to ${to}: ${text}`) }),
      })
      await settleEpoch({ ledger: scratch.ledger })
      compute_ms += performance.now() - started_ms
    }
    onProgress?.('compares')
    const { treasuryParts } = policy
    return {
      ...{ policy: policy.policy, from, to },
      ...(await compareSettled(ledger.warehouse, warehouse, from, to)),
      costs: await costsOf(warehouse, { from, to, compute_ms, treasuryParts, prices: options.prices ?? {} }),
    }
  } finally {
    options.signal?.removeEventListener('abort', stop)
    scratch.remove()
  }
}

/** As the first and only policy there is, the one that is tried is in force in every epoch. */
async function replacePolicies({ warehouse, ledgerId }: Ledger, policy: EventBodies['PolicyPublished']): Promise<void> {
  for (const table of ['policy', 'model_channels', 'payout_rule', 'minimum_payout', 'dispute_rule', 'dispute_bond'])
    await warehouse.run(`DELETE FROM ${table}`)
  const facts = new Facts(0, ledgerId)
  const nothing = new Uint8Array(0)
  facts.add({ type: 'PolicyPublished', source: '', id: '', body: policy }, nothing, nothing, {
    epoch: 0,
    ordinal: 0n,
    effectiveMs: 0n,
  })
  await facts.append(warehouse)
}
