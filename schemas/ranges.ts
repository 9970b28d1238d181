import * as limits from './limits.ts'
import type { RejectionReason } from './rejection.ts'

export interface RangeFault {
  readonly reason: RejectionReason
  readonly detail: string
}

export function first(...faults: (RangeFault | undefined)[]): RangeFault | undefined {
  return faults.find((fault) => fault !== undefined)
}

export function field(detail: string): RangeFault {
  return { reason: 'FIELD_INVALID', detail }
}

export function identifier(name: string, text: string): RangeFault | undefined {
  const length = text.length
  return length >= 1 && length <= limits.IDENTIFIER_CHARACTERS_MAX
    ? undefined
    : field(`${name} must have 1 to ${limits.IDENTIFIER_CHARACTERS_MAX} characters.`)
}

export function bytes(name: string, value: Uint8Array, length: number): RangeFault | undefined {
  return value.length === length ? undefined : field(`${name} must have ${length} bytes, not ${value.length}.`)
}

export function range(name: string, value: number, low: number, high: number): RangeFault | undefined {
  return value >= low && value <= high ? undefined : field(`${name} must lie between ${low} and ${high}.`)
}

export function amount(value: bigint): RangeFault | undefined {
  if (value < 0n) return { reason: 'AMOUNT_NEGATIVE', detail: 'The amount is negative.' }
  return value < limits.AMOUNT_LIMIT ? undefined : { reason: 'AMOUNT_TOO_LARGE', detail: 'The amount is 2^96 or more.' }
}
