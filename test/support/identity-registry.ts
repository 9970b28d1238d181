import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Hex } from 'viem'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NAME = 'IdentityRegistry.sol'
/** What of ERC-8004's identity registry `ownerOf` rests on: an ERC-721 in which anybody registers agents, counted from 1. */
const SOURCE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
contract IdentityRegistry is ERC721("AgentIdentity", "AGENT") {
    uint256 private last;
    function register() external returns (uint256 agentId) {
        agentId = ++last;
        _mint(msg.sender, agentId);
    }
}
`

/** The contract, compiled now by npm's solc. */
export function compileIdentityRegistry(): Hex {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries([...sourcesOf(NAME, SOURCE)].map(([name, content]) => [name, { content }])),
    settings: { evmVersion: 'cancun', outputSelection: { [NAME]: { IdentityRegistry: ['evm.bytecode.object'] } } },
  }
  const wrapper = join(ROOT, 'scripts/solc-wrapper.mjs')
  const { stdout } = spawnSync(process.execPath, [wrapper, '--standard-json'], {
    ...{ input: JSON.stringify(input), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  })
  const { contracts } = JSON.parse(stdout) as {
    contracts: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>
  }
  return `0x${contracts[NAME]!.IdentityRegistry!.evm.bytecode.object}`
}

/** A file and all that it imports, by name. */
function sourcesOf(name: string, content: string, known = new Map<string, string>()): Map<string, string> {
  known.set(name, content)
  for (const [, path] of content.matchAll(/^import .*"([^"]+)";$/gm)) {
    const imported = path!.startsWith('.') ? join(dirname(name), path!) : path!
    if (!known.has(imported)) sourcesOf(imported, readFileSync(join(ROOT, 'node_modules', imported), 'utf8'), known)
  }
  return known
}
