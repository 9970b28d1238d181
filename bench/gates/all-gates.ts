import { ADAPTIVE_GATES } from './adaptive.ts'
import { DATA_GATES } from './data-attacks.ts'
import type { Gate } from './gate.ts'
import { GRIEF_GATES } from './griefers.ts'
import { HONEST_GATES } from './honest.ts'
import { MANY_GATES } from './many-accounts.ts'
import { NAME_GATES } from './names.ts'
import { WASH_GATES } from './wash.ts'

/** Every row of docs/gates/README.md. */
export const GATES: readonly Gate[] = [
  ...DATA_GATES,
  ...ADAPTIVE_GATES,
  ...NAME_GATES,
  ...HONEST_GATES,
  ...WASH_GATES,
  ...GRIEF_GATES,
  ...MANY_GATES,
]
