import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const INSTALL_LIMIT_MS = 300_000
const ANSWER_BYTES_MAX = 2 ** 28

/** Runs the script with arguments, on so many threads, and gives what its last line says as JSON. */
export type RunPython = (args: readonly string[], threads: number) => unknown

export interface PythonScript {
  /** As pip names them, with their versions; what they depend on has to be named too. */
  readonly packages: readonly string[]
  readonly script: URL
}

/** @returns what runs a Python script, or one line that says why nothing does */
export function openPython({ packages, script }: PythonScript): { run: RunPython } | { missing: string } {
  const wanted = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12)
  const environment = join(tmpdir(), `tallystick-bench-python-${wanted}`)
  const python = join(environment, 'bin', 'python')
  if (!existsSync(python)) {
    const missing = install(environment, packages)
    if (missing !== undefined) return { missing }
  }
  const path = fileURLToPath(script)
  return {
    run: (args, threads) => {
      const limit = String(threads)
      const env = { ...process.env, OMP_NUM_THREADS: limit, OPENBLAS_NUM_THREADS: limit, MKL_NUM_THREADS: limit }
      const { status, stdout, stderr } = spawnSync(python, [path, ...args], {
        env,
        encoding: 'utf8',
        maxBuffer: ANSWER_BYTES_MAX,
      })
      if (status !== 0) throw new Error(`${path} ${args[0]} failed: ${stderr.trimEnd().split('\n').at(-1)}`)
      return JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
    },
  }
}

/** A virtual environment that the system's temporary folder keeps for the next time. */
function install(environment: string, packages: readonly string[]): string | undefined {
  const partial = `${environment}.${process.pid}.partial`
  try {
    if (!succeeds('python3', ['-m', 'venv', partial])) return 'python3 with venv is missing (Debian: python3-venv)'
    const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
    if (!succeeds(join(partial, 'bin', 'python'), [...pip, ...packages]))
      return `pip could not install ${packages.join(', ')}`
    renameSync(partial, environment)
    return undefined
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { timeout: INSTALL_LIMIT_MS, stdio: 'ignore' }).status === 0
}
