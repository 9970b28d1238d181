import {
  type Address,
  concatHex,
  encodeFunctionData,
  type Hex,
  hexToBigInt,
  numberToHex,
  parseAbi,
  size,
  slice,
  zeroAddress,
} from 'viem'
import { ask, type ChainConnection } from './connect.ts'
import { RpcRefusedError } from './errors.ts'
import type { BlockPlace } from './finality-memory.ts'
import { finalBlockOf } from './second-opinion.ts'
import { RpcMalformedError } from './sending-errors.ts'

const ERC_1271 = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)'])
/** ERC-1271: what a contract answers to a signature that is its own, as a word of 32 bytes. */
const MAGIC_WORD = `0x1626ba7e${'00'.repeat(28)}`
const WORD = 32
/** Fixed, so that an account cannot answer two nodes in two ways by what they allow; EIP-7825's limit of a transaction. */
const QUESTION_GAS = 2n ** 24n

type OneNode = Omit<ChainConnection, 'check'>

export interface ContractQuestion {
  readonly account: Address
  /** Of what is signed, 32 bytes. */
  readonly digest: Hex
  readonly signature: Hex
}

export interface ContractAnswer {
  readonly isSigned: boolean
  /** In words, for a message. */
  readonly said: string
}

/**
 * Asks an account whether it signed a digest (ERC-1271), at the block that the chain table calls final. An account without
 * code, a contract without that function and one that reverts did not.
 *
 * @throws RpcUnreachableError, RpcRefusedError, RpcMalformedError
 */
export async function askContract(
  connection: ChainConnection,
  question: ContractQuestion,
): Promise<ContractAnswer & { readonly block: BlockPlace }> {
  const block = await finalBlockOf(connection)
  return { ...(await askContractAt(connection, question, block)), block }
}

/**
 * Asks the same at a block of the past, by its hash (EIP-1898), or by its number where a node refuses hashes; so the block has
 * to be known to be final. An account with delegated code (EIP-7702) has code.
 *
 * @throws as {@link askContract}; RpcRefusedError also when the node has no state of that block
 */
export async function askContractAt(
  node: OneNode,
  { account, digest, signature }: ContractQuestion,
  { number, hash }: BlockPlace,
): Promise<ContractAnswer> {
  const call = encodeFunctionData({ abi: ERC_1271, functionName: 'isValidSignature', args: [digest, signature] })
  const transaction = { from: zeroAddress, gas: numberToHex(QUESTION_GAS), data: askingCode(account, call) }
  const run = (block: Hex | { blockHash: Hex }) =>
    ask(node, () => node.client.request({ method: 'eth_call', params: [transaction, block] }))
  const words = await run({ blockHash: hash }).catch((error: unknown) => {
    if (error instanceof RpcRefusedError) return run(numberToHex(number))
    throw error
  })
  return answerOf(words, node.endpoint)
}

/**
 * Asks at a final block of the past, of which a node may have no state any more: one that is no archive.
 *
 * @returns undefined when the node answers the question for `final`, and refuses it for `block`
 * @throws  as {@link askContract}
 */
export async function askContractThen(
  node: OneNode,
  question: ContractQuestion,
  { block, final }: { readonly block: BlockPlace; readonly final: BlockPlace },
): Promise<ContractAnswer | undefined> {
  try {
    return await askContractAt(node, question, block)
  } catch (error) {
    if (!(error instanceof RpcRefusedError)) throw error
    await askContractAt(node, question, final)
    return undefined
  }
}

/**
 * Code of a contract's creation that calls the account and returns four words: whether the call succeeded, how many bytes came
 * back, how many bytes of code the account has, and the first word. Nodes run it in eth_call without a receiver. So a call that
 * fails in whatever way is an answer like any other, and an error of the node is the node's alone: no list of messages of
 * all nodes has to say which is which.
 */
function askingCode(account: Address, call: Hex): Hex {
  const length = numberToHex(size(call), { size: 2 })
  const program: Hex[] = [
    ...['0x61' as const, length, '0x604d608039' as const], // CODECOPY(0x80, 77 = size of this program, length)
    ...['0x60206060' as const], // the first word that comes back goes to 0x60 …
    ...['0x61' as const, length, '0x6080' as const], // … of a call with what was copied
    ...['0x73' as const, account, '0x5afa' as const], // STATICCALL, with all gas but a 64th
    '0x600052', // MSTORE(0x00, whether it succeeded)
    '0x3d602052', // MSTORE(0x20, RETURNDATASIZE)
    ...['0x73' as const, account, '0x3b604052' as const], // MSTORE(0x40, EXTCODESIZE(account))
    '0x60806000f3', // RETURN(0x00, 0x80): begins with a zero byte, as code that is created has to (EIP-3541)
  ]
  return concatHex([...program, call])
}

function answerOf(words: Hex, endpoint: string): ContractAnswer {
  const word = (index: number) => slice(words, index * WORD, (index + 1) * WORD, { strict: true })
  const isWhole = size(words) === 4 * WORD
  const succeeded = isWhole ? hexToBigInt(word(0)) : 2n
  if (succeeded > 1n)
    throw new RpcMalformedError({ endpoint, method: 'eth_call', detail: 'it is not what the code returns' })
  const returned = hexToBigInt(word(1))
  if (hexToBigInt(word(2)) === 0n) return { isSigned: false, said: 'no code at that account' }
  if (succeeded === 0n) return { isSigned: false, said: 'a failed call' }
  if (returned < WORD) return { isSigned: false, said: `an answer of ${returned} bytes` }
  const isSigned = word(3) === MAGIC_WORD
  return { isSigned, said: isSigned ? SIGNED : `an answer of ${word(3)}` }
}

/** What an account says that signed. */
export const SIGNED = 'an answer of 0x1626ba7e'
