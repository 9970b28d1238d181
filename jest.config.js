/**
 * The suites that take longest, most of an hour on one core: real processes that are killed, brokers that fail, every fault of a
 * chain, large random worlds. They run with CI=true, and whenever a path is given: `npm test -- test/cli/run-crash`.
 */
const LONG = [
  'test/anchor/chain-contracts',
  'test/anchor/chain-matrix',
  'test/anchor/chain-round',
  'test/anchor/payout-scale',
  'test/api/uploads',
  'test/audit/attribution',
  'test/audit/attribution-against-writers',
  'test/audit/audit',
  'test/audit/bits',
  'test/audit/licences',
  'test/audit/market',
  'test/audit/modes',
  'test/audit/payouts',
  'test/audit/re-extract',
  'test/bench/gates',
  'test/bench/lds',
  'test/cli/dlq',
  'test/cli/live',
  'test/cli/live-crash',
  'test/cli/live-server',
  'test/cli/obstacles',
  'test/cli/run-crash',
  'test/cli/schema',
  'test/cli/tampering',
  'test/cli/verify-upload',
  'test/cli/watch',
  'test/cli/watch-process',
  'test/demo/demo',
  'test/demo/demo-kafka',
  'test/examples/digits-model',
  'test/jobs/commitments',
  'test/jobs/cut',
  'test/jobs/cut-partitions',
  'test/jobs/deposit-faults',
  'test/jobs/held-periods',
  'test/jobs/influence',
  'test/jobs/late-features',
  'test/jobs/licences',
  'test/jobs/licences-oracle',
  'test/jobs/market',
  'test/jobs/outcomes',
  'test/jobs/outcomes-oracle',
  'test/jobs/ownership',
  'test/jobs/payments',
  'test/jobs/payouts',
  'test/jobs/payouts-oracle',
  'test/jobs/policy-simulate',
  'test/jobs/registered-schemas',
  'test/jobs/resume',
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

const isNamed = process.argv.slice(2).some((word) => word.startsWith('test/') || word.endsWith('.test.ts'))
const isWhole = process.env.CI === 'true' || isNamed
if (!isWhole && process.env.JEST_WORKER_ID === undefined)
  process.stderr.write(
    `skipped: ${LONG.length} long suites (all of them: CI=true npm test; one: npm test -- ${LONG[0]})\n`,
  )

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: isWhole ? [] : LONG.map((suite) => `<rootDir>/${suite}\\.test\\.ts$`),
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
