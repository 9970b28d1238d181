import type { Genesis } from '../../schemas/genesis.ts'
import { ledgerIdOf } from '../ledger-id.ts'
import { formatVerifierKey, type VerifierKey } from '../log/note/keys.ts'
import type { TypedDataSigner } from '../signatures/signer.ts'
import { LOG_KEY_FORMAT, type LogKey, logKeyTypedData } from './log-key.ts'

/**
 * The operator's word on its log's key. The same for the same input: signatures are deterministic (RFC 6979).
 *
 * @param sequence from 1; higher than that of every key before
 * @param fromSize leaves of the first tree that this key signs
 */
export async function signLogKey(
  genesis: Genesis,
  operator: TypedDataSigner,
  { key, sequence, fromSize }: { readonly key: VerifierKey; readonly sequence: number; readonly fromSize: number },
): Promise<LogKey> {
  const unsigned = {
    format: LOG_KEY_FORMAT,
    genesis,
    key: formatVerifierKey(key),
    sequence,
    fromSize: String(fromSize),
  } as const
  const signature = await operator.signTypedData(logKeyTypedData(ledgerIdOf(genesis), unsigned) as never)
  return { ...unsigned, signature }
}
