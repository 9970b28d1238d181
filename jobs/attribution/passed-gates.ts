/**
 * Methods with a record of passed gates in docs/gates/, which test/bench/gates-record.test.ts holds them to. Only these may pay:
 * a method that is not here can be tried, compared and explained, but no policy selects it.
 */
const PASSED: readonly string[] = []

/** Methods that a policy may name, `family/kind@version`. */
export function passedMethods(): readonly string[] {
  return PASSED
}
