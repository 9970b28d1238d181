import type { ChainConnection } from '../../anchor/chain/connect.ts'
import { askContract, askContractAt, type ContractQuestion } from '../../anchor/chain/contract-signature.ts'
import type { BlockPlace } from '../../anchor/chain/finality-memory.ts'
import { whyWaitForSecond } from '../../anchor/chain/second-opinion.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import { TallyError } from '../../schemas/errors.ts'
import { fromHex, toHash32 } from '../../schemas/ids.ts'
import type { Ledger } from '../ledger.ts'
import { registeredSource } from '../registered-source.ts'

export class SourceNotPermittedError extends TallyError {
  override readonly code = 'SOURCE_NOT_PERMITTED'
  constructor(facts: { source: string; eventType: string }) {
    super(`${facts.source} is no source of ${facts.eventType} after the last closed epoch.`, {
      facts,
      hint: 'The record would be rejected. The operator registers the source (SourceRegistered) with that event type; it counts once its epoch is closed.',
    })
  }
}

export class AnswerNotSecondedError extends TallyError {
  override readonly code = 'ANSWER_NOT_SECONDED'
  constructor(facts: { account: string; block: bigint; detail: string }) {
    super(`What ${facts.account} answered at block ${facts.block} is not recorded yet: ${facts.detail}.`, {
      facts,
      retriable: true,
      hint: 'Nothing was recorded. Do the same again when the second node (RPC_CHECK_URL) is there and has caught up.',
    })
  }
}

export interface SignatureCheckOptions {
  readonly ledger: Ledger
  readonly connection: ChainConnection
  readonly sink: RecordSink
  /** The registered source that reports it. */
  readonly source: string
  readonly question: ContractQuestion
  /** RFC 3339, shown in the record. */
  readonly time: string
}

/**
 * Asks a contract whether it signed a digest and, if it did, writes its answer into the log with the block at which it was
 * given: the one that is final now, so that whoever asks again at that block finds it (docs/formats.md#signatures). A second
 * node, where there is one, has to have the same block and get the same answer.
 *
 * @throws SourceNotPermittedError, AnswerNotSecondedError, RpcDisagreementError; RpcUnreachableError, RpcRefusedError;
 *         nothing was appended
 */
export async function recordSignatureCheck(
  options: SignatureCheckOptions,
): Promise<{ readonly isSigned: boolean; readonly block: BlockPlace }> {
  const { ledger, connection, sink, source, question, time } = options
  const registered = await registeredSource(ledger.warehouse, source)
  if (registered?.eventTypes.has('SignatureChecked') !== true)
    throw new SourceNotPermittedError({ source, eventType: 'SignatureChecked' })
  const { isSigned, block } = await askContract(connection, question)
  if (!isSigned) return { isSigned, block }
  const { account, digest, signature } = question
  const detail = await whyWaitForSecond(connection, block, {
    what: `whether ${account} signed ${digest}`,
    mine: isSigned,
    theirs: async (node) => (await askContractAt(node, question, block)).isSigned,
  })
  if (detail !== undefined) throw new AnswerNotSecondedError({ account, block: block.number, detail })
  const record = encodeEvent(
    {
      type: 'SignatureChecked',
      source,
      id: `${ledger.genesis.chainId}/${block.number}/${account}/${toHash32(digest).slice(2, 34)}`,
      body: {
        chainId: BigInt(ledger.genesis.chainId),
        account: fromHex(account),
        digest: fromHex(digest),
        signature: fromHex(signature),
        blockNumber: block.number,
        blockHash: fromHex(block.hash),
      },
    },
    time,
  )
  await sink.append([record])
  return { isSigned, block }
}
