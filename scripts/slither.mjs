// Runs Slither, the static analyser, over the contracts. Exit code 0: nothing found that slither.config.json does not answer.
//   npm run contracts:slither
// It lives in a virtual environment of its own beside its requirements, made once. Needs python3 with venv.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const HOME = join(ROOT, 'test', 'support', 'slither')
const REQUIREMENTS = join(HOME, 'requirements.txt')
const WANTED = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
const ENVIRONMENT = join(HOME, 'venv', WANTED)

function run(command, args) {
  // forge is in node_modules/.bin; Slither calls it by name to compile.
  const path = [join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  if (error !== undefined) throw error
  return status ?? 1
}

function install() {
  if (existsSync(join(ENVIRONMENT, 'bin', 'python'))) return
  const partial = `${ENVIRONMENT}.${process.pid}.partial`
  try {
    const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps', '-r', REQUIREMENTS]
    const steps = [() => run('python3', ['-m', 'venv', partial]), () => run(join(partial, 'bin', 'python'), pip)]
    if (steps.some((step) => step() !== 0))
      throw new Error('Slither could not be installed. Debian: apt-get install python3-venv')
    rmSync(ENVIRONMENT, { recursive: true, force: true })
    renameSync(partial, ENVIRONMENT)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

install()
// As a module: the scripts of a virtual environment that was moved name the folder it was made in.
process.exitCode = run(join(ENVIRONMENT, 'bin', 'python'), [
  '-m',
  'slither',
  '.',
  '--config-file',
  'slither.config.json',
])
