// Python with the packages of requirements.txt, for tests that want another implementation's bytes and producers: a virtual
// environment beside this file, made once.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const REQUIREMENTS = join(HERE, 'requirements.txt')
const WANTED = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
const ENVIRONMENT = join(HERE, 'venv', WANTED)
const LIMIT_MS = 180_000
const HOW = 'Debian: apt-get install python3-venv; macOS: brew install python'

/** The interpreter that has the packages; `hint` says in one line what is missing and how to get it. */
export function pythonWithPackages() {
  const python = join(ENVIRONMENT, 'bin', 'python')
  if (existsSync(python)) return { available: true, python, hint: '' }
  const partial = `${ENVIRONMENT}.${process.pid}.partial`
  try {
    if (!run('python3', ['-m', 'venv', partial]).ok) return missing(`Python packages need python3 with venv. ${HOW}.`)
    const install = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
    const installed = run(join(partial, 'bin', 'python'), [...install, '-r', REQUIREMENTS])
    if (!installed.ok) return missing(`pip could not install ${REQUIREMENTS}: ${installed.lastLine}`)
    moveTo(python, partial)
    return { available: true, python, hint: '' }
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** Another process doing the same at the same time is harmless: the first rename wins. What is there but broken goes. */
function moveTo(python, partial) {
  if (existsSync(python)) return
  rmSync(ENVIRONMENT, { recursive: true, force: true })
  try {
    renameSync(partial, ENVIRONMENT)
  } catch (error) {
    if (!existsSync(python)) throw error
  }
}

function missing(hint) {
  return { available: false, python: '', hint }
}

function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: LIMIT_MS })
  return { ok: status === 0, lastLine: stderr?.trimEnd().split('\n').at(-1) ?? '' }
}
