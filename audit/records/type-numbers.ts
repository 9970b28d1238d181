import { DECISION_ORDER, type DecidedEventType } from '../../schemas/events.ts'

/** Place of each type in the order in which types are decided. */
export const TYPE_NUMBERS = Object.fromEntries(DECISION_ORDER.map((type, number) => [type, number])) as Record<
  DecidedEventType,
  number
>
