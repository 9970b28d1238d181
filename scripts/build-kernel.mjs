// Compiles what is written in AssemblyScript to WebAssembly; the compiler is fetched into a temporary folder.
//   node scripts/build-kernel.mjs           writes each .wasm and its .sha256
//   node scripts/build-kernel.mjs --check   compiles and exits 1 when one is not what its sources give, byte for byte
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** It pins its own compiler, Binaryen, to one version, so that equal sources give equal bytes. */
const ASSEMBLYSCRIPT = '0.28.20'
/** No runtime: the module has no allocator and no garbage collector, the caller lays out its memory. SIMD, but not the relaxed one. */
const FLAGS = ['--runtime', 'stub', '--optimizeLevel', '3', '--enable', 'simd', '--noAssert', '--use', 'abort=']
/** Sources end in .as where they are one file beside code that TypeScript reads; the compiler knows .ts alone. */
const KERNELS = [
  { wasm: 'jobs/attribution/kernel/kernel.wasm', from: 'jobs/attribution/kernel/assembly', entry: 'assembly/index.ts' },
  { wasm: 'anchor/payout/batch/keccak.wasm', from: 'anchor/payout/batch/keccak.as', entry: 'keccak.ts' },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const check = process.argv.includes('--check')

const folder = mkdtempSync(join(tmpdir(), 'tallystick-kernel-'))
try {
  const install = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  execFileSync('npm', [...install, `assemblyscript@${ASSEMBLYSCRIPT}`], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (const kernel of KERNELS) {
    const built = compile(kernel)
    if (check) compare(kernel, built)
    else write(kernel, built)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function compile({ wasm, from, entry }) {
  const compiler = join(folder, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
  const sources = join(folder, basename(wasm, '.wasm'))
  if (from.endsWith('.as')) cpSync(join(root, from), join(sources, entry))
  else cpSync(join(root, from), join(sources, basename(from)), { recursive: true })
  const built = join(folder, basename(wasm))
  // From the folder of the sources: paths are part of what the compiler is given.
  execFileSync(process.execPath, [compiler, entry, '--outFile', built, ...FLAGS], { cwd: sources, stdio: 'inherit' })
  return built
}

function write({ wasm }, built) {
  const bytes = readFileSync(built)
  copyFileSync(built, join(root, wasm))
  writeFileSync(join(root, `${wasm}.sha256`), `${sha256(bytes)}  ${basename(wasm)}\n`)
  console.log(`${wasm}: ${bytes.length} bytes, SHA-256 ${sha256(bytes)}`)
}

function compare({ wasm }, built) {
  const bytes = readFileSync(built)
  const kept = readFileSync(join(root, wasm))
  const [stated] = readFileSync(join(root, `${wasm}.sha256`), 'utf8').split(' ')
  if (Buffer.compare(kept, bytes) === 0 && stated === sha256(bytes)) {
    console.log(`${wasm} is what its sources give: SHA-256 ${stated}`)
    return
  }
  console.error(`${wasm} is not what its sources give (${sha256(kept)}, stated ${stated}, built ${sha256(bytes)}).`)
  console.error('Run npm run kernel and commit what it writes.')
  process.exitCode = 1
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
