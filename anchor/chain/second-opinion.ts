import { BlockNotFoundError } from 'viem'
import { TallyError } from '../../schemas/errors.ts'
import { ask, assertSameChain, type ChainConnection } from './connect.ts'
import type { BlockPlace } from './finality-memory.ts'
import { isPassing } from './send-context.ts'
import { RpcDisagreementError, RpcMalformedError } from './sending-errors.ts'

type OneNode = Omit<ChainConnection, 'check'>

/** The block that the chain's finality tag names now. Errors as `ask`. */
export async function finalBlockOf(node: OneNode): Promise<BlockPlace> {
  const { number, hash } = await ask(node, () => node.client.getBlock({ blockTag: node.entry.finalityTag }))
  return { number, hash }
}

/** The block at a height, undefined when the node has none there. Errors as `ask`. */
export async function blockAt(node: OneNode, blockNumber: bigint): Promise<BlockPlace | undefined> {
  try {
    const { number, hash } = await ask(node, () => node.client.getBlock({ blockNumber }))
    if (number === blockNumber) return { number, hash }
    const detail = `block ${number} for block ${blockNumber}`
    throw new RpcMalformedError({ endpoint: node.endpoint, method: 'eth_getBlockByNumber', detail })
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined
    throw error
  }
}

/** One thing that both nodes are asked. */
export interface Question {
  /** For messages. */
  readonly what: string
  /** What the first node said. */
  readonly mine: unknown
  /** Asks the second one. Undefined: it does not know yet. */
  readonly theirs: (node: OneNode) => Promise<unknown>
}

/**
 * Holds what one node said of a final block to what the second node says.
 *
 * @returns why to wait: the second node is away, refuses, or is behind; undefined when both say the same, or there is no second
 * @throws  {@link RpcDisagreementError} naming both answers
 * @throws  {@link ChainIdMismatchError} the second node serves another chain
 */
export async function whyWaitForSecond(
  { check, endpoint }: ChainConnection,
  block: BlockPlace,
  { what, mine, theirs }: Question,
): Promise<string | undefined> {
  if (check === undefined) return undefined
  const compare = (of: string, answer: unknown, checkAnswer: unknown) => {
    const [one, other] = [textOf(answer), textOf(checkAnswer)]
    if (one === other) return
    throw new RpcDisagreementError({
      what: of,
      endpoint,
      answer: one,
      checkEndpoint: check.endpoint,
      checkAnswer: other,
    })
  }
  try {
    await assertSameChain(check)
    const final = await finalBlockOf(check)
    if (final.number < block.number) return `the second node is behind: ${final.number} is final there`
    compare(`the hash of block ${block.number}`, block.hash, (await blockAt(check, block.number))?.hash)
    const answer = await theirs(check).catch(asAnswer)
    if (answer === undefined) return `the second node does not have ${what} yet`
    compare(what, mine, answer)
    return undefined
  } catch (error) {
    if (isPassing(error)) return `the second node does not help: ${error.message}`
    throw error
  }
}

/** What the second node says may be something that is an error to say, such as another content of the epoch. */
function asAnswer(error: unknown): unknown {
  if (error instanceof TallyError && !isPassing(error)) return `${error.code}: ${error.message}`
  throw error
}

function textOf(answer: unknown): string {
  if (typeof answer === 'string') return answer
  const text = JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
  return text ?? 'nothing'
}
