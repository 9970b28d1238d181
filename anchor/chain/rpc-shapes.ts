import { BaseError, type Transport } from 'viem'
import { z } from 'zod'
import { RpcMalformedError } from './sending-errors.ts'

const DETAIL_CHARACTERS_MAX = 200

const quantity = z.string().regex(/^0x[0-9a-fA-F]{1,64}$/, 'no quantity')
const data = z.string().regex(/^0x([0-9a-fA-F]{2})*$/, 'no hex data')
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/, 'no 32-byte hash')
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'no address')
/** Fits a JavaScript number exactly: block numbers, times, nonces. One rule, since zod asks the second also when the first failed. */
const count = z
  .string()
  .refine(
    (text) => /^0x[0-9a-fA-F]{1,14}$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER,
    'no quantity below 2^53',
  )

const log = z.looseObject({
  address,
  topics: z.array(hash).max(4),
  data,
  blockNumber: count,
  blockHash: hash,
  transactionHash: hash,
  logIndex: count,
})

const block = z.looseObject({ number: count, hash, timestamp: count, baseFeePerGas: quantity.nullish() })

const receipt = z.looseObject({
  transactionHash: hash,
  blockNumber: count,
  blockHash: hash,
  status: z.enum(['0x0', '0x1']),
  contractAddress: address.nullish(),
  logs: z.array(log),
})

/** What a node may answer, for every method whose answer decides something. JSON-RPC of execution-apis. */
const SHAPES: Readonly<Record<string, z.ZodType>> = {
  eth_chainId: count,
  eth_blockNumber: count,
  eth_getTransactionCount: count,
  eth_getBalance: quantity,
  eth_estimateGas: count,
  eth_gasPrice: quantity,
  eth_maxPriorityFeePerGas: quantity,
  eth_call: data,
  eth_sendRawTransaction: hash,
  eth_getBlockByNumber: block.nullable(),
  eth_getTransactionReceipt: receipt.nullable(),
  eth_getLogs: z.array(log),
}

/**
 * A transport whose answers have the shape that the method promises: hashes of 32 bytes, quantities that are none below zero,
 * blocks and receipts with the fields that decide. Everything behind it may then take them at their type.
 *
 * @param endpoint scheme and host, for the message
 * @returns        a transport that throws {@link RpcMalformedError} in place of such an answer
 */
export function withCheckedAnswers(transport: Transport, endpoint: string): Transport {
  return (config) => {
    const inner = transport(config)
    const request = async (call: { method: string; params?: unknown }) => {
      const answer: unknown = await inner.request(call).catch((error: unknown) => {
        throw wordlessRefusal(error)
          ? new RpcMalformedError({ endpoint, method: call.method, detail: WORDLESS })
          : error
      })
      const checked = SHAPES[call.method]?.safeParse(answer)
      if (checked === undefined || checked.success) return answer
      const [issue] = checked.error.issues
      const detail = `${issue?.path.join('.') || 'answer'}: ${issue?.message ?? 'unknown'}`.slice(
        0,
        DETAIL_CHARACTERS_MAX,
      )
      throw new RpcMalformedError({ endpoint, method: call.method, detail })
    }
    return { ...inner, request: request as typeof inner.request }
  }
}

const WORDLESS = 'an error whose message is no text'

/** viem takes the message of a node's error for text, and fails in its own code where it is none. */
function wordlessRefusal(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false
  const said: unknown = error.details
  return said !== undefined && typeof said !== 'string'
}
