/**
 * The suites that take longest, most of an hour on one core: real processes that are killed, brokers that fail, every fault of a
 * chain, large random worlds. They run with CI=true, and whenever a path is given: `npm test -- test/cli/run-crash`.
 */
const LONG = [
  'test/anchor/chain-contracts',
  'test/anchor/chain-matrix',
  'test/anchor/chain-round',
  'test/anchor/claims-any-order',
  'test/anchor/payout-scale',
  'test/api/quotes',
  'test/api/uploads',
  'test/audit/adjustments',
  'test/audit/attribution',
  'test/audit/attribution-against-writers',
  'test/audit/audit',
  'test/audit/bits',
  'test/audit/disputes',
  'test/audit/licence-sales',
  'test/audit/licences',
  'test/audit/market',
  'test/audit/modes',
  'test/audit/payouts',
  'test/audit/re-extract',
  'test/audit/retrieval',
  'test/bench/gates',
  'test/bench/lds',
  'test/bench/text',
  'test/cli/dispute',
  'test/cli/dispute-features',
  'test/cli/dlq',
  'test/cli/erasure-crash',
  'test/cli/erasure-places',
  'test/cli/live',
  'test/cli/live-crash',
  'test/cli/live-server',
  'test/cli/market',
  'test/cli/obstacles',
  'test/cli/run-crash',
  'test/cli/schema',
  'test/cli/tampering',
  'test/cli/verify-upload',
  'test/cli/watch',
  'test/cli/watch-process',
  'test/demo/demo',
  'test/demo/demo-kafka',
  'test/demo/story',
  'test/demo/text',
  'test/examples/digits-model',
  'test/interop/analytics',
  'test/jobs/adjustments',
  'test/jobs/adjustments-oracle',
  'test/jobs/analytics',
  'test/jobs/commitments',
  'test/jobs/corrections',
  'test/jobs/corrections-oracle',
  'test/jobs/cut',
  'test/jobs/cut-partitions',
  'test/jobs/deposit-faults',
  'test/jobs/disputes',
  'test/jobs/disputes-oracle',
  'test/jobs/economy',
  'test/jobs/erasure',
  'test/jobs/held-periods',
  'test/jobs/influence',
  'test/jobs/late-features',
  'test/jobs/licence-sales',
  'test/jobs/licence-sales-oracle',
  'test/jobs/licences',
  'test/jobs/licences-oracle',
  'test/jobs/market',
  'test/jobs/outcomes',
  'test/jobs/outcomes-oracle',
  'test/jobs/ownership',
  'test/jobs/payments',
  'test/jobs/payments-oracle',
  'test/jobs/payouts',
  'test/jobs/payouts-oracle',
  'test/jobs/policy-simulate',
  'test/jobs/registered-schemas',
  'test/jobs/resume',
  'test/jobs/retirement',
  'test/jobs/retrieval',
  'test/jobs/statement-rows',
  'test/jobs/text-bad-input',
  'test/jobs/text-exactness',
  'test/jobs/text-ledger',
  'test/jobs/whole-statement',
  'test/pipelines/dead-letters',
  'test/pipelines/kafka-codecs',
  'test/pipelines/kafka-doctor',
  'test/pipelines/kafka-nodes',
  'test/pipelines/kafka-outages',
  'test/pipelines/kafka-source',
  'test/pipelines/kafka-traps',
  'test/segments/moving-partitions',
  'test/web/escaping',
]

/**
 * Of these CI tries a third, another one each day, so that it stays within its time; the order spreads what takes longest over the days.
 * `npm run nightly` tries all.
 */
const ROTATING = [
  'test/demo/demo-kafka',
  'test/audit/modes',
  'test/cli/run-crash',
  'test/cli/verify-upload',
  'test/cli/obstacles',
  'test/jobs/resume',
  'test/jobs/outcomes-oracle',
  'test/cli/tampering',
  'test/jobs/disputes-oracle',
  'test/anchor/claims-any-order',
  'test/jobs/payouts-oracle',
  'test/cli/live-crash',
  'test/jobs/adjustments-oracle',
  'test/bench/gates',
  'test/audit/bits',
  'test/anchor/payout-scale',
  'test/jobs/licences-oracle',
  'test/bench/lds',
  'test/pipelines/kafka-outages',
  'test/cli/erasure-crash',
  'test/jobs/payments-oracle',
  'test/audit/re-extract',
  'test/pipelines/kafka-traps',
  'test/jobs/licence-sales-oracle',
  'test/jobs/deposit-faults',
  'test/segments/moving-partitions',
  'test/jobs/corrections-oracle',
  'test/cli/watch-process',
  'test/pipelines/kafka-nodes',
  'test/bench/text',
]
const DAYS = 3
const MS_PER_DAY = 86_400_000

const isNamed = process.argv.slice(2).some((word) => word.startsWith('test/') || word.endsWith('.test.ts'))
const isNightly = process.env.TALLY_NIGHTLY === 'true'
const isWhole = process.env.CI === 'true' || isNamed || isNightly
const today = Math.floor(Date.now() / MS_PER_DAY)
const left = ROTATING.filter((_, index) => !isNamed && !isNightly && (index + today) % DAYS !== 0)
if (isWhole && left.length > 0 && process.env.JEST_WORKER_ID === undefined)
  process.stderr.write(`${left.length} suites have their turn on another day (all of them: npm run nightly)\n`)
if (!isWhole && process.env.JEST_WORKER_ID === undefined)
  process.stderr.write(
    `skipped: ${LONG.length} long suites (all of them: npm run nightly; one: npm test -- ${LONG[0]})\n`,
  )

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: (isWhole ? left : LONG).map((suite) => `<rootDir>/${suite}\\.test\\.ts$`),
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  // One more than two cores: real parts (broker, chain, processes) make a worker wait now and then.
  maxWorkers: 3,
  // A worker keeps the modules of every suite that it ran; one that has grown is replaced by a fresh one before the next.
  workerIdleMemoryLimit: '1.5GB',
  testTimeout: 60_000,
}
