import type { ChainConnection } from '../anchor/chain/connect.ts'
import { askContractThen, type ContractQuestion, SIGNED } from '../anchor/chain/contract-signature.ts'
import type { BlockPlace } from '../anchor/chain/finality-memory.ts'
import { blockAt, finalBlockOf } from '../anchor/chain/second-opinion.ts'
import type { EventBodies } from '../schemas/events.ts'
import { toAddress, toHex } from '../schemas/ids.ts'
import { differ } from './difference.ts'

type Recorded = EventBodies['SignatureChecked']

/** Name of the check, in a difference. */
export const ANSWERS_CHECK = 'contract answers'

/** Answers asked for at once, and blocks. */
const QUESTIONS_AT_ONCE = 16
/** Answers held in memory before they are asked: signatures have up to 8,192 bytes. */
const QUESTIONS_HELD_MAX = 4_096

/** Recorded answers of contracts (ERC-1271), held to the chain. */
export interface ComparedAnswers {
  readonly recorded: number
  /** The contract says the same at its block. */
  readonly checked: number
  /** The node has no state of their blocks any more, or not the blocks: neither true nor false. */
  readonly unknown: number
  /** Of the first record that the chain contradicts: where, what the chain says, what the record says. */
  readonly difference?: readonly [where: string, expected: string, found: string]
}

const NONE: ComparedAnswers = { recorded: 0, checked: 0, unknown: 0 }

/** One question, however many records say that it was answered. */
interface Asked {
  readonly question: ContractQuestion
  readonly block: BlockPlace
  records: number
}

/** What the chain says of one question: the same, not known any more, or something else. */
type Outcome = 'same' | 'unknown' | { readonly expected: string; readonly found: string }

/**
 * Holds accepted SignatureChecked events to the chain: each block has to be final and have that hash, and the account has to
 * have code there which calls the signature its own at that block. A call a question, four where the node does not answer it, and one a block.
 *
 * @param recorded of the connection's chain, since close rejects others
 * @throws RpcUnreachableError, RpcRefusedError, RpcMalformedError
 */
export async function compareContractAnswers(
  connection: ChainConnection,
  recorded: readonly Recorded[],
): Promise<ComparedAnswers> {
  let compared = NONE
  for (let from = 0; from < recorded.length && compared.difference === undefined; from += QUESTIONS_HELD_MAX)
    compared = sumOf(compared, await compareSome(connection, recorded.slice(from, from + QUESTIONS_HELD_MAX)))
  return compared
}

async function compareSome(connection: ChainConnection, recorded: readonly Recorded[]): Promise<ComparedAnswers> {
  const questions = distinct(recorded)
  const final = await finalBlockOf(connection)
  const hashes = await hashesOf(connection, questions, final)
  let [checked, unknown] = [0, 0]
  for (const some of chunksOf(questions)) {
    const outcomes = await Promise.all(some.map((asked) => outcomeOf(connection, asked, final, hashes)))
    for (const [index, outcome] of outcomes.entries()) {
      const asked = some[index]!
      if (outcome === 'same') checked += asked.records
      else if (outcome === 'unknown') unknown += asked.records
      else {
        const difference = [placeOf(asked), outcome.expected, outcome.found] as const
        return { recorded: recorded.length, checked, unknown, difference }
      }
    }
  }
  return { recorded: recorded.length, checked, unknown }
}

async function outcomeOf(
  connection: ChainConnection,
  { question, block }: Asked,
  final: BlockPlace,
  hashes: ReadonlyMap<bigint, string | undefined>,
): Promise<Outcome> {
  if (block.number > final.number)
    return { expected: `a block up to the final one, ${final.number}`, found: `block ${block.number}` }
  const hash = hashes.get(block.number)
  if (hash === undefined) return 'unknown'
  if (hash !== block.hash)
    return { expected: `block ${block.number} ${hash}`, found: `block ${block.number} ${block.hash}` }
  const answer = await askContractThen(connection, question, { block, final })
  if (answer === undefined) return 'unknown'
  return answer.isSigned ? 'same' : { expected: answer.said, found: SIGNED }
}

/** In the order in which each comes first. */
function distinct(recorded: readonly Recorded[]): Asked[] {
  const questions = new Map<string, Asked>()
  for (const { account, digest, signature, blockNumber, blockHash } of recorded) {
    const question = { account: toAddress(toHex(account)), digest: toHex(digest), signature: toHex(signature) }
    const block = { number: blockNumber, hash: toHex(blockHash) }
    const key = [question.account, question.digest, question.signature, block.number, block.hash].join('/')
    const asked = questions.get(key) ?? { question, block, records: 0 }
    questions.set(key, asked)
    asked.records++
  }
  return [...questions.values()]
}

/** Of the final blocks that records name: their hashes, undefined where the node does not have the block. */
async function hashesOf(connection: ChainConnection, questions: readonly Asked[], final: BlockPlace) {
  const numbers = new Set(questions.map(({ block }) => block.number).filter((number) => number <= final.number))
  const hashes = new Map<bigint, string | undefined>()
  for (const some of chunksOf([...numbers])) {
    const blocks = await Promise.all(some.map((number) => blockAt(connection, number)))
    for (const [index, number] of some.entries()) hashes.set(number, blocks[index]?.hash.toLowerCase())
  }
  return hashes
}

function* chunksOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += QUESTIONS_AT_ONCE) yield items.slice(from, from + QUESTIONS_AT_ONCE)
}

function placeOf({ question: { account, digest }, block }: Asked): string {
  return `answer of contract ${account} to digest ${digest}, block ${block.number}`
}

function sumOf(before: ComparedAnswers, { recorded, checked, unknown, ...rest }: ComparedAnswers): ComparedAnswers {
  return {
    recorded: before.recorded + recorded,
    checked: before.checked + checked,
    unknown: before.unknown + unknown,
    ...rest,
  }
}

/**
 * Answers of one epoch after the other: they are asked when so many are held, and at the end, so that those of a long history never
 * lie in memory all at once.
 */
export class HeldAnswers {
  readonly #connect: () => Promise<ChainConnection>
  #held: Recorded[] = []
  #compared: ComparedAnswers = NONE

  constructor(connect: () => Promise<ChainConnection>) {
    this.#connect = connect
  }

  /** @throws DifferenceFound, and as {@link compareContractAnswers} */
  async hold(recorded: readonly Recorded[]): Promise<void> {
    for (const each of recorded) this.#held.push(each)
    if (this.#held.length >= QUESTIONS_HELD_MAX) await this.ask()
  }

  /** Asks those that are held. @returns what all came to, those asked before too. Errors as {@link hold} */
  async ask(): Promise<ComparedAnswers> {
    const held = this.#held
    this.#held = []
    if (held.length > 0)
      this.#compared = sumOf(this.#compared, await compareContractAnswers(await this.#connect(), held))
    const { difference } = this.#compared
    if (difference !== undefined) differ(ANSWERS_CHECK, ...difference)
    return this.#compared
  }
}

/** What was compared, in words. */
export function contractAnswersText({ recorded, checked, unknown }: ComparedAnswers): string {
  if (recorded === 0) return 'none is recorded'
  const asked = `${checked} of ${recorded} recorded ones were asked again, and are the same`
  return unknown === 0 ? asked : `${asked}; of the blocks of ${unknown} the node has no state any more`
}
