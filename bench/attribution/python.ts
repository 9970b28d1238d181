import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGES = ['numpy==2.4.6', 'faiss-cpu==1.15.1', 'packaging==26.3']
const WANTED = createHash('sha256').update(PACKAGES.join(' ')).digest('hex').slice(0, 12)
const ENVIRONMENT = join(tmpdir(), `tallystick-bench-python-${WANTED}`)
const SCRIPT = fileURLToPath(new URL('./peers.py', import.meta.url))
const INSTALL_LIMIT_MS = 300_000

/** @returns what runs peers.py, or one line that says why nothing does */
export function openPython(): { run: (args: readonly string[], threads: number) => unknown } | { missing: string } {
  const python = join(ENVIRONMENT, 'bin', 'python')
  if (!existsSync(python)) {
    const missing = install()
    if (missing !== undefined) return { missing }
  }
  return {
    run: (args, threads) => {
      const limit = String(threads)
      const env = { ...process.env, OMP_NUM_THREADS: limit, OPENBLAS_NUM_THREADS: limit, MKL_NUM_THREADS: limit }
      const { status, stdout, stderr } = spawnSync(python, [SCRIPT, ...args], { env, encoding: 'utf8' })
      if (status !== 0) throw new Error(`peers.py ${args[0]} failed: ${stderr.trimEnd().split('\n').at(-1)}`)
      return JSON.parse(stdout)
    },
  }
}

/** A virtual environment that the system's temporary folder keeps for the next time. */
function install(): string | undefined {
  const partial = `${ENVIRONMENT}.${process.pid}.partial`
  try {
    if (!succeeds('python3', ['-m', 'venv', partial])) return 'python3 with venv is missing (Debian: python3-venv)'
    const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
    if (!succeeds(join(partial, 'bin', 'python'), [...pip, ...PACKAGES]))
      return `pip could not install ${PACKAGES.join(', ')}`
    renameSync(partial, ENVIRONMENT)
    return undefined
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { timeout: INSTALL_LIMIT_MS, stdio: 'ignore' }).status === 0
}
