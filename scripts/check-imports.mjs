// Holds every import to the rules in .dependency-cruiser.cjs.
//   node scripts/check-imports.mjs [FOLDER]     FOLDER: a tree with its own .dependency-cruiser.cjs (default: this one)
// Exits 1 when an import breaks a rule, and when a file or an import in one was overlooked: a cruiser that cannot parse what
// it is given finds nothing wrong.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise } from 'dependency-cruiser'

const FOLDERS = [
  'schemas',
  'anchor',
  'audit',
  'pipelines',
  'jobs',
  'api',
  'cli',
  'client',
  'web',
  'examples',
  'extractors',
  'bench',
  'test',
]
const BUILT = new Set(['node_modules', 'dist'])
/** How imports look in a formatted file: `… from 'x'` at the end of a statement, `import 'x'`, and `import('x')` also as a type. */
const IMPORTS = [/^(?:import|export|\})[^'\n]* from '([^'\n]+)'/gm, /^import '([^'\n]+)'/gm, /\bimport\('([^'\n]+)'\)/g]

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)))
process.chdir(root)
const { forbidden, options } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'))

const files = FOLDERS.filter((folder) => existsSync(folder)).flatMap(typescriptIn)
const { output } = await cruise(files, { ...options, validate: true, ruleSet: { forbidden } })
const found = new Map(
  output.modules.map(({ source, dependencies }) => [source, dependencies.map((each) => each.module)]),
)
const written = files.flatMap((file) => importsIn(file).map((module) => ({ file, module })))
const overlooked = [
  ...files.filter((file) => !found.has(file)),
  ...written
    .filter(({ file, module }) => !found.get(file)?.includes(module))
    .map(({ file, module }) => `${file} → ${module}`),
]
const { violations } = output.summary

for (const { from, to, rule, cycle } of violations) {
  console.log(`${rule.name}: ${[from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' → ')}`)
}
for (const each of overlooked) console.log(`overlooked: ${each}`)
console.log(
  `${files.length} modules, ${written.length} imports: ${violations.length} forbidden, ${overlooked.length} overlooked.`,
)
process.exitCode = violations.length > 0 || overlooked.length > 0 || files.length === 0 ? 1 : 0

function typescriptIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return BUILT.has(entry.name) ? [] : typescriptIn(path)
    return /\.m?ts$/.test(entry.name) && !/\.d\.m?ts$/.test(entry.name) ? [path] : []
  })
}

function importsIn(file) {
  const text = readFileSync(file, 'utf8')
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, module]) => module.replace(/^node:/, '')))
}
