/**
 * Suites that take most of an hour on two cores: real processes that are killed, brokers that fail, every fault of a chain, pages of
 * benches. They run with CI=true, and whenever a path is given: `npm test -- test/cli/run-crash`.
 */
const LONG = [
  'test/anchor/chain-matrix',
  'test/anchor/payout-scale',
  'test/api/uploads',
  'test/audit/bits',
  'test/bench/gates',
  'test/bench/lds',
  'test/cli/dlq',
  'test/cli/live-crash',
  'test/cli/obstacles',
  'test/cli/run-crash',
  'test/cli/verify-upload',
  'test/cli/watch-process',
  'test/cli/watch',
  'test/demo/demo',
  'test/demo/demo-kafka',
  'test/jobs/commitments',
  'test/pipelines/kafka-codecs',
  'test/pipelines/kafka-doctor',
  'test/pipelines/kafka-outages',
  'test/pipelines/kafka-source',
  'test/pipelines/kafka-traps',
  'test/segments/moving-partitions',
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
