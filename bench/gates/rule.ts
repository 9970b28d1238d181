import { influenceFactored } from '../../jobs/attribution/influence-factored/influence-factored.ts'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import type { AttributionMethod } from '../../jobs/attribution/method.ts'
import type { Rule } from './period.ts'

/** Methods that the gates can measure: factored rows, with K and λ as docs/attribution.md step 1 has them. */
export const MEASURED_METHODS: readonly AttributionMethod[] = [influenceFactored]

/** One thread: seeds are what runs side by side. */
export function openRule(method: AttributionMethod): Rule {
  return { method, kernels: openKernels({ threads: 1, onFallback: (line) => console.error(line) }) }
}
