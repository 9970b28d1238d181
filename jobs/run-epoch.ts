import type { ActContext } from '../anchor/chain/act-once.ts'
import type { PartitionBounds, RecordSink, RecordSource } from '../pipelines/record-source.ts'
import { type AnchorOptions, finalizeNext, proposeNext } from './anchoring/anchor-epoch.ts'
import { attributeEpoch } from './attribution/attribute-epoch.ts'
import { closeEpoch } from './close/close-epoch.ts'
import type { StepResult } from './epochs.ts'
import type { Ledger } from './ledger.ts'
import type { LogPlaces } from './publish/log/publish-log.ts'
import { publishEpoch } from './publish/publish-epoch.ts'
import { rerunAdjustments } from './rerun/rerun-adjustments.ts'
import { settleEpoch } from './settlement/settle-epoch.ts'

export const EPOCH_STEPS = ['close', 'attribute', 'settle', 'publish', 'propose', 'finalize'] as const
export type EpochStep = (typeof EPOCH_STEPS)[number]

export interface StepContext {
  readonly ledger: Ledger
  readonly source: RecordSource
  readonly sink: RecordSink
  readonly published?: RecordSource
  readonly clock: () => bigint
  readonly bundles: string
  /** See `PublishOptions`. */
  readonly log?: LogPlaces
  readonly chain: () => Promise<ActContext>
  /** See `AnchorOptions`. */
  readonly attestations?: AnchorOptions['attestations']
  readonly onDropped?: AnchorOptions['onDropped']
  readonly cutNow?: boolean
  /** See `CloseOptions`. */
  readonly catchUp?: (wanted: readonly PartitionBounds[]) => Promise<void>
  readonly onProgress?: (text: string) => void
}

/** One step for the epoch that waits for it; a second call finds nothing to do and says so. */
export async function runStep(step: EpochStep, context: StepContext): Promise<StepResult> {
  const { ledger, onProgress } = context
  const progress = onProgress === undefined ? {} : { onProgress }
  switch (step) {
    case 'close':
      return closeEpoch({ ...context, ...progress })
    case 'attribute':
      await rerunAdjustments({ ledger, ...progress })
      return attributeEpoch({ ledger, ...progress })
    case 'settle':
      return settleEpoch({ ledger })
    case 'publish':
      return publishEpoch({
        ledger,
        bundles: context.bundles,
        ...(context.log === undefined ? {} : { log: context.log }),
      })
    case 'propose':
      return proposeNext({ ledger, chain: context.chain })
    case 'finalize':
      return finalizeNext({
        ledger,
        chain: context.chain,
        ...(context.attestations === undefined ? {} : { attestations: context.attestations }),
        ...(context.onDropped === undefined ? {} : { onDropped: context.onDropped }),
      })
  }
}
