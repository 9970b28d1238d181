/**
 * Gas of whole transactions in a tree of 2^17 leaves, as `npm run contracts:test -- --match-contract GasTest -vv` prints it and
 * docs/security-model.md ("What a claim costs") has it; a test holds these figures to that page.
 */
export const GAS = {
  /** An account's first claim of a token. */
  firstClaim: 106_498n,
  laterClaim: 72_294n,
  /** Of an epoch with one token. */
  propose: 220_445n,
  /** That needs no attestation. */
  finalize: 68_811n,
} as const
