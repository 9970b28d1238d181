import { attributePeriod } from '../../jobs/attribution/bilinear/attribute-period.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { Rule } from './period.ts'

/** Rules that can be measured, by the name of their method. */
export const RULES: readonly Rule[] = [
  {
    method: { name: 'influence/factored@2', kind: 'factored', attribute: (input) => attributePeriod(input, 'softmax') },
    kernels: plainKernels,
  },
]
