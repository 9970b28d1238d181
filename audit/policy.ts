import type { EventBodies } from '../schemas/events.ts'
import type { History } from './history.ts'

/** Settlement step 1: accepted two epochs ago or earlier; before there is one, the first policy ever accepted. */
export function policyInForce(
  { policies }: Pick<History, 'policies'>,
  epoch: number,
): EventBodies['PolicyPublished'] | undefined {
  const noticed = policies.filter((entry) => entry.epoch <= epoch - 2)
  const first = policies.find((entry) => entry.epoch <= epoch)
  return (noticed.at(-1) ?? first)?.policy
}
