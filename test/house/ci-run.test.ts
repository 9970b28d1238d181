import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

/** Stands for every program that .ci/run starts: `npm` does what the variables say, the others are only there. */
const NPM = `#!/usr/bin/env bash
case "$*" in
  ci*) exit "\${NPM_CI:-0}" ;;
  test*) for each; do case "$each" in --outputFile=*) echo "$JEST" >"\${each#--outputFile=}" ;; esac; done; exit "\${JEST_EXIT:-0}" ;;
  *contracts:test*) echo "Ran 3 test suites in 1.00s (2.00s CPU time): \${FORGE-7 tests passed, 0 failed}, 0 skipped (7 total tests)"; exit "\${FORGE_EXIT:-0}" ;;
  *demo*) echo "\${DEMO:-{ \\"audit\\": { \\"ok\\": true } }}" ;;
  *lint*) exit "\${LINT:-0}" ;;
  *test:faults*) exit "\${FAULTS:-0}" ;;
esac
`
const ALL_WELL = { JEST: '{ "numPassedTests": 20, "numFailedTests": 0, "numRuntimeErrorTestSuites": 0 }' }
/** lint, types, import rules, dead code, contracts up to date, Slither, kernel up to date, demo, faults. */
const OTHER_SUITES = 9

describe('.ci/run', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-ci-'))
    for (const name of ['.ci', 'bin', 'test/support/kafka']) mkdirSync(join(folder, name), { recursive: true })
    cpSync(new URL('../../.ci/run', import.meta.url), join(folder, '.ci/run'))
    writeFileSync(join(folder, 'test/support/kafka/kafka.mjs'), 'export const startKafka = () => ({ stop() {} })\n')
    for (const name of ['npm', 'apt-get', 'sudo', 'java', 'mvn']) {
      writeFileSync(join(folder, 'bin', name), NPM, { mode: 0o755 })
    }
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function run(environment: Record<string, string>): { status: number | null; lines: string[]; last: string } {
    const child = spawnSync(join(folder, '.ci/run'), {
      cwd: tmpdir(),
      encoding: 'utf8',
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, ...ALL_WELL, ...environment },
    })
    const lines = child.stdout.trimEnd().split('\n')
    return { status: child.status, lines, last: lines.at(-1)! }
  }

  test('adds up the tests of both frameworks and one for each other suite', () => {
    const { status, lines, last } = run({})
    expect(last).toBe(`${20 + 7 + OTHER_SUITES} passed, 0 failed`)
    expect(lines).toContainEqual(expect.stringMatching(/^tests \(jest\) +0\.\d +20 +0$/))
    expect(lines).toContainEqual(expect.stringMatching(/^contract tests \(forge\) +0\.\d +7 +0$/))
    expect(status).toBe(0)
  })

  test.each([
    ['lint', { LINT: '1' }, [35, 1]],
    [
      'some tests',
      { JEST: '{ "numPassedTests": 17, "numFailedTests": 2, "numRuntimeErrorTestSuites": 1 }', JEST_EXIT: '1' },
      [33, 3],
    ],
    ['jest, without a failed test', { JEST_EXIT: '1' }, [36, 1]],
    ['jest, without a result', { JEST: '', JEST_EXIT: '1' }, [16, 1]],
    ['some contract tests', { FORGE: '5 tests passed, 2 failed', FORGE_EXIT: '1' }, [34, 2]],
    ['the compiler of contracts', { FORGE: '', FORGE_EXIT: '1' }, [29, 1]],
    ['the audit of the demo', { DEMO: '{ "audit": { "ok": false } }' }, [35, 1]],
    ['the demo, without an answer', { DEMO: 'Killed' }, [35, 1]],
    ['what is left after a fault', { FAULTS: '1' }, [35, 1]],
  ])('goes on when it fails in %s', (_, environment, [passed, failed]) => {
    const { status, lines, last } = run(environment)
    expect(last).toBe(`${passed} passed, ${failed} failed`)
    expect(lines).toContain('=== demo')
    expect(status).toBe(1)
  })

  test('ends when nothing can be installed', () => {
    const { status, lines, last } = run({ NPM_CI: '1' })
    expect(last).toBe('0 passed, 1 failed')
    expect(lines).not.toContain('=== lint')
    expect(status).toBe(1)
  })
})
