// Compiles jobs/attribution/kernel/assembly to kernel.wasm with AssemblyScript, which is fetched into a temporary folder.
//   node scripts/build-kernel.mjs           writes kernel.wasm and kernel.wasm.sha256
//   node scripts/build-kernel.mjs --check   compiles and exits 1 when kernel.wasm is not what the sources give, byte for byte
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** It pins its own compiler, Binaryen, to one version, so that equal sources give equal bytes. */
const ASSEMBLYSCRIPT = '0.28.20'
/** No runtime: the module has no allocator and no garbage collector, the caller lays out its memory. SIMD, but not the relaxed one. */
const FLAGS = ['--runtime', 'stub', '--optimizeLevel', '3', '--enable', 'simd', '--noAssert', '--use', 'abort=']

const kernel = fileURLToPath(new URL('../jobs/attribution/kernel/', import.meta.url))
const wasm = join(kernel, 'kernel.wasm')
const hashFile = `${wasm}.sha256`
const check = process.argv.includes('--check')

const folder = mkdtempSync(join(tmpdir(), 'tallystick-kernel-'))
try {
  const install = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  execFileSync('npm', [...install, `assemblyscript@${ASSEMBLYSCRIPT}`], { stdio: ['ignore', 'ignore', 'inherit'] })
  const compiler = join(folder, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
  const built = join(folder, 'kernel.wasm')
  // From the folder of the sources: paths are part of what the compiler is given.
  execFileSync(process.execPath, [compiler, 'assembly/index.ts', '--outFile', built, ...FLAGS], {
    cwd: kernel,
    stdio: 'inherit',
  })
  if (check) compare(readFileSync(built))
  else write(readFileSync(built))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function write(bytes) {
  writeFileSync(wasm, bytes)
  writeFileSync(hashFile, `${sha256(bytes)}  kernel.wasm\n`)
  console.log(`kernel.wasm: ${bytes.length} bytes, SHA-256 ${sha256(bytes)}`)
}

function compare(bytes) {
  const kept = readFileSync(wasm)
  const [stated] = readFileSync(hashFile, 'utf8').split(' ')
  if (Buffer.compare(kept, bytes) === 0 && stated === sha256(bytes)) {
    console.log(`kernel.wasm is what its sources give: SHA-256 ${stated}`)
    return
  }
  console.error(`kernel.wasm is not what its sources give (${sha256(kept)}, stated ${stated}, built ${sha256(bytes)}).`)
  console.error('Run npm run kernel and commit what it writes.')
  process.exitCode = 1
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
