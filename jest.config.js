/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  // Two cores: one worker for real parts (broker, chain, DuckDB), one for the rest.
  maxWorkers: 2,
  // A worker keeps the modules of every suite that it ran; one that has grown is replaced by a fresh one before the next.
  workerIdleMemoryLimit: '1.5GB',
  testTimeout: 60_000,
}
