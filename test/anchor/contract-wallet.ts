import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Address, encodeAbiParameters, type Hex, toFunctionSelector } from 'viem'
import { rpc } from './chain-anvil.ts'

const ROOT = new URL('../../', import.meta.url)
const WALLET = 'anchor/contracts/test/OddTokens.sol'

/** A source and all that it imports, by path. */
function sourcesOf(path: string, found: Record<string, { content: string }> = {}): Record<string, { content: string }> {
  if (found[path] !== undefined) return found
  const file = path.startsWith('@') ? `node_modules/${path}` : path
  const content = readFileSync(new URL(file, ROOT), 'utf8')
  found[path] = { content }
  for (const [, name] of content.matchAll(/^import[^;]*?"([^"]+)";/gm))
    sourcesOf(name!.startsWith('.') ? join(dirname(path), name!) : name!, found)
  return found
}

function compiled(): Hex {
  const input = {
    language: 'Solidity',
    sources: sourcesOf(WALLET),
    settings: { optimizer: { enabled: true }, outputSelection: { [WALLET]: { Wallet: ['evm.bytecode.object'] } } },
  }
  const wrapper = new URL('scripts/solc-wrapper.mjs', ROOT).pathname
  const output = execFileSync(process.execPath, [wrapper, '--standard-json'], { input: JSON.stringify(input) })
  return `0x${JSON.parse(output.toString()).contracts[WALLET].Wallet.evm.bytecode.object}`
}

const RECEIPT_POLL_MS = 20
let bytecode: Hex | undefined

/** A contract account (ERC-1271) on a local chain: it takes its owner's signatures until it revokes them. */
export interface ContractWallet {
  readonly address: Address
  revokeOwner(): Promise<void>
}

/** Compiles the wallet that the contracts' own tests use, and deploys it. @param owner one of the chain's accounts */
export async function deployWallet(rpcUrl: string, owner: Address): Promise<ContractWallet> {
  bytecode ??= compiled()
  const send = async (transaction: { to?: Address; data: Hex }) => {
    const hash = await rpc<Hex>(rpcUrl, 'eth_sendTransaction', { from: owner, ...transaction })
    for (;;) {
      // A transaction is answered before its block is there.
      const receipt = await rpc<{ contractAddress: Address } | null>(rpcUrl, 'eth_getTransactionReceipt', hash)
      if (receipt !== null) return receipt
      await sleep(RECEIPT_POLL_MS)
    }
  }
  const owned = encodeAbiParameters([{ type: 'address' }], [owner])
  const { contractAddress: address } = await send({ data: `${bytecode}${owned.slice(2)}` })
  return {
    address,
    revokeOwner: async () => {
      await send({ to: address, data: toFunctionSelector('revokeOwner()') })
    },
  }
}
