import { influenceFactored } from '../../jobs/attribution/influence-factored/influence-factored.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { Rule } from './period.ts'

/** Rules that can be measured, by the name of their method. */
export const RULES: readonly Rule[] = [{ method: influenceFactored, kernels: plainKernels }]
