// Fetches another Node.js than the one that runs, for the test that both give the same bits (test/jobs/same-bits-nodes.test.ts).
//   node scripts/fetch-node.mjs FOLDER      the npm package of its binary goes there, and the path of the binary is printed
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** Newer than any that Tallystick is built with: another V8, another compiler of WebAssembly. */
const VERSION = '26.10.0'

const folder = process.argv[2]
if (folder === undefined) {
  console.error('Usage: node scripts/fetch-node.mjs FOLDER')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const name = `node-${process.platform}-${process.arch}`
const install = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
execFileSync('npm', [...install, `${name}@${VERSION}`], { stdio: ['ignore', 'ignore', 'inherit'] })
console.log(join(folder, 'node_modules', name, 'bin', 'node'))
