import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RULES = '.dependency-cruiser.cjs'

const TARGETS = [
  'schemas/x.ts',
  'anchor/x.ts',
  'audit/x.ts',
  'pipelines/ingest.ts',
  'pipelines/record-source.ts',
  'pipelines/embedded-log.ts',
  'pipelines/memory-source.ts',
  'pipelines/kafka-x.ts',
  'pipelines/warehouse/x.ts',
  'jobs/x.ts',
  'cli/x.ts',
  'client/src/x.ts',
  'web/src/x.ts',
  'examples/x.ts',
  'extractors/x.ts',
  'test/x.ts',
]

const FORBIDDEN: [from: string, to: string, rule: string][] = [
  ['schemas/new', '../anchor/x.ts', 'schemas-imports'],
  ['anchor/new', '../audit/x.ts', 'anchor-imports'],
  ['anchor/new', '../pipelines/record-source.ts', 'anchor-imports'],
  ['audit/new', '../jobs/x.ts', 'audit-imports'],
  ['audit/new', '../pipelines/warehouse/x.ts', 'audit-imports'],
  ['pipelines/new', '../anchor/x.ts', 'pipelines-imports'],
  ['pipelines/new', '../jobs/x.ts', 'pipelines-imports'],
  ['jobs/new', '../audit/x.ts', 'jobs-imports'],
  ['jobs/new', '../pipelines/kafka-x.ts', 'jobs-imports'],
  ['jobs/new', '../pipelines/embedded-log.ts', 'jobs-imports'],
  ['jobs/new', '../pipelines/memory-source.ts', 'jobs-imports'],
  ['client/src/new', '../../jobs/x.ts', 'client-imports'],
  ['web/src/new', '../../anchor/x.ts', 'web-imports'],
  ['examples/new', '../jobs/x.ts', 'examples-imports'],
  ['examples/new', '../package.json', 'examples-imports'],
  ['extractors/new', '../jobs/x.ts', 'extractors-imports'],
  ['extractors/new', '../examples/x.ts', 'extractors-imports'],
  ['bench/new', '../cli/x.ts', 'nobody-imports-cli'],
  ['cli/new', '../test/x.ts', 'nobody-imports-test'],
  ['cli/new', 'kafkajs', 'kafkajs-behind-the-port'],
  ['pipelines/new', 'kafkajs', 'kafkajs-behind-the-port'],
  ['anchor/new', '@duckdb/node-api', 'duckdb-in-the-warehouse-and-its-users'],
  ['audit/new', '@duckdb/node-api', 'duckdb-in-the-warehouse-and-its-users'],
  ['jobs/new', './gone.ts', 'resolvable'],
  ['jobs/new', 'somebody-elses', 'listed-packages'],
  ['jobs/new', 'solc', 'no-dev-packages'],
]

const ALLOWED: [from: string, to: string][] = [
  ['anchor/new', '../schemas/x.ts'],
  ['audit/new', '../anchor/x.ts'],
  ['pipelines/kafka-new', 'kafkajs'],
  ['jobs/new', '../pipelines/ingest.ts'],
  ['jobs/new', '../pipelines/record-source.ts'],
  ['jobs/new', '../pipelines/warehouse/x.ts'],
  ['jobs/new', '@duckdb/node-api'],
  ['jobs/new', 'node:fs'],
  ['examples/new', '../client/src/x.ts'],
  ['examples/new', '../extractors/x.ts'],
  ['cli/new', '../audit/x.ts'],
  ['test/new', '../cli/x.ts'],
  ['test/new', 'solc'],
]

function checkImports(folder: string): { status: number | null; lines: string[] } {
  const run = spawnSync(process.execPath, [join(ROOT, 'scripts/check-imports.mjs'), folder], { encoding: 'utf8' })
  expect(run.stderr).toBe('')
  return { status: run.status, lines: run.stdout.trimEnd().split('\n') }
}

describe('import rules', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tally-imports-'))
    cpSync(join(ROOT, RULES), join(folder, RULES))
    write(
      'package.json',
      '{ "dependencies": { "kafkajs": "1", "@duckdb/node-api": "1" }, "devDependencies": { "solc": "1" } }',
    )
    for (const name of ['kafkajs', '@duckdb/node-api', 'solc', 'somebody-elses']) {
      write(`node_modules/${name}/package.json`, `{ "name": "${name}", "version": "1.0.0", "main": "index.js" }`)
      write(`node_modules/${name}/index.js`, 'module.exports = {}\n')
    }
    for (const file of TARGETS) write(file, 'export const x = 1\n')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }

  test('hold in this tree, of which no module and no import is overlooked', () => {
    const { status, lines } = checkImports(ROOT)
    expect(lines).toEqual([
      expect.stringMatching(/^[1-9]\d{2,} modules, [1-9]\d{3,} imports: 0 forbidden, 0 overlooked\.$/),
    ])
    expect(status).toBe(0)
  })

  test('name every forbidden import, and nothing else', () => {
    FORBIDDEN.forEach(([from, to], n) => void write(`${from}-${n}.ts`, `import '${to}'\n`))
    const { status, lines } = checkImports(folder)
    const found = lines.slice(0, -1).map((line) => line.split(' → ')[0])
    expect(found.sort()).toEqual(FORBIDDEN.map(([from, , rule], n) => `${rule}: ${from}-${n}.ts`).sort())
    expect(status).toBe(1)
  })

  test('let pass what the map of folders allows', () => {
    ALLOWED.forEach(([from, to], n) => void write(`${from}-${n}.ts`, `import '${to}'\n`))
    expect(checkImports(folder)).toEqual({
      status: 0,
      lines: [expect.stringMatching(/: 0 forbidden, 0 overlooked\.$/)],
    })
  })

  test('find an import in each of its forms', () => {
    const forms = [
      'import { x } from TO',
      'import type { x } from TO',
      'export type { x } from TO',
      'export * from TO',
      'import {\n  x\n} from TO',
      'export const y = await import(TO)',
    ]
    forms.forEach((form, n) => void write(`anchor/form-${n}.ts`, `${form.replace('TO', "'../audit/x.ts'")}\n`))
    const { lines } = checkImports(folder)
    expect(lines.slice(0, -1)).toEqual(forms.map((_, n) => `anchor-imports: anchor/form-${n}.ts → audit/x.ts`))
  })

  test('refuse the one form that the cruiser cannot see', () => {
    write('anchor/new.ts', `export type Y = ${'import'}('../audit/x.ts').x\n`)
    expect(checkImports(folder)).toMatchObject({
      status: 1,
      lines: ['overlooked: anchor/new.ts → ../audit/x.ts', expect.anything()],
    })
  })

  test('name every module of a cycle', () => {
    write('jobs/a.ts', "import './b.ts'\n")
    write('jobs/b.ts', "import './a.ts'\n")
    expect(checkImports(folder).lines).toContain('no-cycles: jobs/a.ts → jobs/b.ts → jobs/a.ts')
  })

  test('are not held to be kept by a cruiser that overlooks imports', () => {
    write('anchor/new.ts', "export type { x } from '../audit/x.ts'\n")
    write(RULES, readFileSync(join(ROOT, RULES), 'utf8').replace("parser: 'swc'", "parser: 'acorn'"))
    const { status, lines } = checkImports(folder)
    expect(lines).toContain('overlooked: anchor/new.ts → ../audit/x.ts')
    expect(status).toBe(1)
  })

  test('are not held to be kept by a cruiser that overlooks modules, or sees none', () => {
    write(RULES, readFileSync(join(ROOT, RULES), 'utf8').replace('options: {', "options: { exclude: '^jobs',"))
    expect(checkImports(folder)).toMatchObject({ status: 1, lines: expect.arrayContaining(['overlooked: jobs/x.ts']) })
    for (const file of TARGETS) rmSync(join(folder, file))
    expect(checkImports(folder).status).toBe(1)
  })
})
