import { type Address, BaseError, encodeFunctionData, type Hex, parseAbi, RpcRequestError } from 'viem'
import { ask, type ChainConnection } from './connect.ts'
import type { BlockPlace } from './deposit.ts'

const ERC_1271 = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)'])
/** ERC-1271: what a contract answers to a signature that is its own, as a word of 32 bytes. */
const MAGIC_WORD = `0x1626ba7e${'00'.repeat(28)}`
/** What nodes answer when a call reverts (geth's code; others say so in words). */
const EXECUTION_REVERTED = 3

export interface ContractQuestion {
  readonly account: Address
  /** Of what is signed, 32 bytes. */
  readonly digest: Hex
  readonly signature: Hex
}

/**
 * Asks an account whether it signed a digest (ERC-1271), at the block that the chain table calls final. An account without
 * code, a contract without that function and one that reverts did not.
 *
 * @throws RpcUnreachableError, RpcRefusedError
 */
export async function askContract(
  connection: ChainConnection,
  { account, digest, signature }: ContractQuestion,
): Promise<{ readonly isSigned: boolean; readonly block: BlockPlace }> {
  const { client, entry } = connection
  const { number, hash } = await ask(connection, () => client.getBlock({ blockTag: entry.finalityTag }))
  const data = encodeFunctionData({ abi: ERC_1271, functionName: 'isValidSignature', args: [digest, signature] })
  const answer = await ask(connection, () =>
    client.call({ to: account, data, blockNumber: number }).catch((error: unknown) => {
      if (isRevert(error)) return { data: undefined }
      throw error
    }),
  )
  return { isSigned: answer.data === MAGIC_WORD, block: { number, hash } }
}

export function isRevert(error: unknown): boolean {
  const refused = error instanceof BaseError && error.walk((each) => each instanceof RpcRequestError)
  return refused instanceof RpcRequestError && (refused.code === EXECUTION_REVERTED || /revert/i.test(refused.details))
}
