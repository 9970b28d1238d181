import type { UnitQuantity } from './events.ts'

/** Quantities by unit in the one order that a record may have them in: ascending by the bytes of the unit. */
export function unitsOf(quantities: Readonly<Record<string, bigint>>): UnitQuantity[] {
  return Object.entries(quantities)
    .map(([unit, quantity]) => ({ unit, quantity }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.unit), Buffer.from(b.unit)))
}
