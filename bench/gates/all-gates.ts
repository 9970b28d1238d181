import { DATA_GATES } from './data-attacks.ts'
import type { Gate } from './gate.ts'
import { GRIEF_GATES } from './griefers.ts'
import { HONEST_GATES } from './honest.ts'
import { NAME_GATES } from './names.ts'
import { WASH_GATES } from './wash.ts'

/** Every row of docs/gates/README.md. */
export const GATES: readonly Gate[] = [...DATA_GATES, ...NAME_GATES, ...HONEST_GATES, ...WASH_GATES, ...GRIEF_GATES]
