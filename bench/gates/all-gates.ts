import { DATA_GATES } from './data-attacks.ts'
import type { Gate } from './gate.ts'

/** Every row of docs/gates/README.md. */
export const GATES: readonly Gate[] = [...DATA_GATES]
