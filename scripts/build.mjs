// Compiles to dist/ and copies what the code reads beside itself: SQL, Avro schemas, the kernel, speeches.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

for (const [project, output] of [
  ['tsconfig.build.json', 'dist'],
  ['client/tsconfig.json', 'client/dist'],
]) {
  rmSync(join(root, output), { recursive: true, force: true })
  execFileSync(process.execPath, [compiler, '-p', join(root, project)], { stdio: 'inherit' })
}
cpSync(join(root, 'schemas', 'avro'), join(root, 'client', 'dist', 'schemas', 'avro'), { recursive: true })
for (const folder of ['schemas', 'anchor/payout', 'pipelines', 'jobs', 'bench', 'examples/speeches']) {
  cpSync(join(root, folder), join(root, 'dist', folder), {
    recursive: true,
    filter: (path) => !/\.[^/\\.]+$/.test(path) || /\.(sql|avsc|json|wasm|mjs|mts|py|txt)$/.test(path),
  })
}
const main = join(root, 'dist', 'cli', 'main.js')
if (existsSync(main)) chmodSync(main, 0o755)
