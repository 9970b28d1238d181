import type { Genesis } from '../../schemas/genesis.ts'
import type { Policy } from '../funding/policy.ts'
import type { UsedKey } from '../pricing/used-quantities.ts'
import type { Moment } from './licences.ts'
import type { PresentFees } from './present-fees.ts'
import type { PageReferences } from './references.ts'
import type { Registry } from './registry.ts'

/** What the checks of an event may ask. */
export interface CheckContext {
  readonly genesis: Genesis
  readonly ledgerId: Uint8Array
  /** That is closed. */
  readonly epoch: number
  readonly registry: Registry
  readonly references: PageReferences
  /** What stands of the inferences that the corrections of the page are about. */
  readonly presentFees: PresentFees
  /** Where the record is, and when. */
  readonly moment: Moment
  /** What payers used in earlier epochs. */
  readonly usedBefore: (key: UsedKey) => bigint
  /** In force in an epoch. To be asked once the policies of the cut are decided. */
  readonly policyIn: (epoch: number) => Promise<Policy | undefined>
}
