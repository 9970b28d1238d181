#!/usr/bin/env node
// Makes npm's solc answer like the native compiler, for Foundry: `--version`, and standard JSON from stdin to stdout.
// Foundry resolves every import itself and hands the sources over in the input, so no file is read here.
import { readFileSync } from 'node:fs'
import solc from 'solc'

if (process.argv.includes('--version')) {
  const platform = solc.version().replace('.Emscripten.clang', '.Linux.g++')
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${platform}\n`)
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
} else {
  process.stderr.write('solc-wrapper understands --version and --standard-json only.\n')
  process.exitCode = 1
}
