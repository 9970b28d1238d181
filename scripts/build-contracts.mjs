// Compiles the contracts and writes their ABI and bytecode as TypeScript, so that the package needs no compiler.
//   node scripts/build-contracts.mjs          writes anchor/contracts/artifacts/*.ts
//   node scripts/build-contracts.mjs --check  writes nothing; exits 1 when a committed file is not what this would write
// The output depends on the sources, the compiler's version and foundry.toml alone: no path, no metadata hash.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import solc from 'solc'

const ROOT = new URL('../', import.meta.url)
const ARTIFACTS = 'anchor/contracts/artifacts/'
const CONTRACTS = [
  { name: 'TallyDistributor', file: 'tally-distributor.ts', prefix: 'tallyDistributor' },
  { name: 'TestToken', file: 'test-token.ts', prefix: 'testToken' },
]
const SOURCES = 'anchor/contracts/src/'
const sourceOf = (name) => `${SOURCES}${name}.sol`
// EIP-170: a larger contract cannot be deployed.
const MAX_CODE_BYTES = 24_576
// Said of any transient storage; OpenZeppelin's guard clears its own at the end of each call, as the note asks for.
const TRANSIENT_STORAGE_NOTE = '2394'

/** One setting of foundry.toml's default profile, so that Foundry's tests and the artifacts share their settings. */
function foundrySetting(key) {
  const line = new RegExp(`^${key} = (.+)$`, 'm').exec(readFileSync(new URL('foundry.toml', ROOT), 'utf8'))
  if (line === null) throw new Error(`foundry.toml has no line '${key} = …'.`)
  return JSON.parse(line[1])
}

function standardJson() {
  return {
    language: 'Solidity',
    sources: Object.fromEntries(
      CONTRACTS.map(({ name }) => [sourceOf(name), { content: readFileSync(new URL(sourceOf(name), ROOT), 'utf8') }]),
    ),
    settings: {
      evmVersion: foundrySetting('evm_version'),
      viaIR: foundrySetting('via_ir'),
      optimizer: { enabled: foundrySetting('optimizer'), runs: foundrySetting('optimizer_runs') },
      metadata: { bytecodeHash: foundrySetting('bytecode_hash'), appendCBOR: foundrySetting('cbor_metadata') },
      outputSelection: Object.fromEntries(
        CONTRACTS.map(({ name }) => [
          sourceOf(name),
          { [name]: ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] },
        ]),
      ),
    },
  }
}

function readImport(path) {
  const isOurs = path.startsWith(SOURCES)
  if (!isOurs && !path.startsWith('@openzeppelin/contracts/')) return { error: `unexpected import ${path}` }
  return { contents: readFileSync(new URL(isOurs ? path : `node_modules/${path}`, ROOT), 'utf8') }
}

function compile() {
  const output = JSON.parse(solc.compile(JSON.stringify(standardJson()), { import: readImport }))
  // A warning is an error here: a contract that holds money has none.
  const problems = (output.errors ?? []).filter(({ errorCode }) => errorCode !== TRANSIENT_STORAGE_NOTE)
  if (problems.length > 0) throw new Error(problems.map((each) => each.formattedMessage).join('\n'))
  for (const { name } of CONTRACTS) {
    const bytes = output.contracts[sourceOf(name)][name].evm.deployedBytecode.object.length / 2
    console.log(`${name}: ${bytes} bytes of code, of at most ${MAX_CODE_BYTES}`)
    if (bytes > MAX_CODE_BYTES) throw new Error(`${name} has ${bytes} bytes of code, more than ${MAX_CODE_BYTES}.`)
  }
  return output.contracts
}

function typescriptOf({ name, prefix }, { abi, evm }) {
  return [
    `// ${sourceOf(name)} compiled by solc ${solc.version()}.`,
    '// Written by scripts/build-contracts.mjs; do not edit.',
    `export const ${prefix}Abi = ${JSON.stringify(abi, null, 2)} as const`,
    '',
    `export const ${prefix}Bytecode: \`0x\${string}\` =\n  '0x${evm.bytecode.object}'`,
    '',
  ].join('\n')
}

function committed(file) {
  try {
    return readFileSync(new URL(ARTIFACTS + file, ROOT), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

const check = process.argv.includes('--check')
const contracts = compile()
if (!check) mkdirSync(new URL(ARTIFACTS, ROOT), { recursive: true })
for (const contract of CONTRACTS) {
  const text = typescriptOf(contract, contracts[sourceOf(contract.name)][contract.name])
  const same = committed(contract.file) === text
  if (!check && !same) writeFileSync(new URL(ARTIFACTS + contract.file, ROOT), text)
  if (check && !same) process.exitCode = 1
  console.log(
    `${ARTIFACTS}${contract.file}: ${same ? 'up to date' : check ? 'STALE, run npm run contracts' : 'written'}`,
  )
}
