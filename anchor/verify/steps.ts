import { TallyError } from '../../schemas/errors.ts'

/** What a check of one part of a document found. */
export interface ReceiptStep<Name extends string = string> {
  readonly name: Name
  readonly ok: boolean
  /** What was proven, or what differs, in words. */
  readonly detail: string
}

/** A check: says in words what it proved, or throws. */
export type Check = () => string | Promise<string>

/** One statement of a document contradicts another. */
export class ReceiptMismatchError extends TallyError {
  override readonly code = 'RECEIPT_MISMATCH'
  constructor(what: string, expected: string | number | bigint, found: string | number | bigint) {
    super(`${what}: expected ${expected}, found ${found}.`, { facts: { what, expected, found } })
  }
}

/** @throws {@link ReceiptMismatchError} */
export function assertEqual(what: string, expected: string | number | bigint, found: string | number | bigint): void {
  if (expected !== found) throw new ReceiptMismatchError(what, expected, found)
}

/** @throws {@link ReceiptMismatchError} unless min ≤ found ≤ max */
export function assertBetween(what: string, found: bigint, min: bigint, max: bigint): void {
  if (found < min || found > max) throw new ReceiptMismatchError(what, min === max ? min : `${min} to ${max}`, found)
}

/** Runs checks in their order, each resting on the ones before, up to the first that fails. */
export async function runChecks<Name extends string>(
  checks: readonly (readonly [name: Name, check: Check])[],
): Promise<ReceiptStep<Name>[]> {
  const steps: ReceiptStep<Name>[] = []
  for (const [name, check] of checks) {
    try {
      steps.push({ name, ok: true, detail: await check() })
    } catch (error) {
      // The verifiers say what differs by throwing; anything else is a fault of this program.
      if (!(error instanceof TallyError)) throw error
      return [...steps, { name, ok: false, detail: error.message }]
    }
  }
  return steps
}
