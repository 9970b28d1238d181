import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import { fromHex, toHex } from '../../schemas/ids.ts'
import { ledgerIdOf } from '../ledger-id.ts'
import { parseVerifierKey, type VerifierKey } from '../log/note/keys.ts'
import { originOf } from '../log/origin.ts'
import { genesisShape, readDocument, signature, u32, u64 } from '../shapes.ts'
import { recoverTypedData } from '../signatures/signer.ts'
import { ledgerDomain } from '../signatures/typed-data.ts'

export const LOG_KEY_FORMAT = 'tallystick-log-key/1'

const LOG_KEY_BYTES_MAX = 64 * 1024
const KEY_TEXT_MAX = 1_000

/** @see docs/formats.md#log */
export const logKeyShape = z.strictObject({
  format: z.literal(LOG_KEY_FORMAT),
  genesis: genesisShape,
  key: z.string().min(1).max(KEY_TEXT_MAX),
  sequence: u32.min(1),
  fromSize: u64,
  signature,
})

/**
 * The operator's word that an Ed25519 key signs its ledger's checkpoints: of those with `fromSize` leaves or more, until a
 * document of a higher `sequence` names another key and from where on.
 */
export type LogKey = z.infer<typeof logKeyShape>

/** This is no word of an operator on its log's key, or not one that holds. */
export class InvalidLogKeyError extends TallyError {
  override readonly code = 'INVALID_LOG_KEY'
  constructor(detail: string, cause?: unknown) {
    super(`This does not bind a log's key to a ledger: ${detail}`, {
      cause,
      hint: 'Its shape is in docs/formats.md#log; `tally log key` makes one with the operator’s key.',
    })
  }
}

export interface VerifiedLogKey {
  readonly key: VerifierKey
  /** Lower-case 0x-hex. */
  readonly ledger: string
  readonly operator: string
  readonly sequence: number
  /** Leaves from which on it signs. */
  readonly fromSize: bigint
}

/** What the operator signs (docs/formats.md#log). */
export function logKeyTypedData(ledgerId: Uint8Array, { key, sequence, fromSize }: Omit<LogKey, 'signature'>) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      LogKey: [
        { name: 'key', type: 'string' },
        { name: 'sequence', type: 'uint32' },
        { name: 'fromSize', type: 'uint64' },
      ],
    },
    primaryType: 'LogKey',
    message: { key, sequence, fromSize: BigInt(fromSize) },
  } as const
}

/**
 * Checks that the operator of a genesis says that a key is that ledger's. Whether it is the genesis of the ledger that you
 * mean, know from elsewhere. Runs in a browser.
 *
 * @param value the document, or its bytes
 * @throws {@link InvalidLogKeyError}
 */
export async function verifyLogKey(value: unknown): Promise<VerifiedLogKey> {
  const document = readDocument(value, {
    shape: logKeyShape,
    bytesMax: LOG_KEY_BYTES_MAX,
    refuse: (detail, cause) => new InvalidLogKeyError(detail, cause),
  })
  const { genesis, sequence, fromSize } = document
  const ledgerId = ledgerIdOf(genesis)
  const key = readKey(document.key)
  if (key.name !== originOf(ledgerId))
    throw new InvalidLogKeyError(`the key is of ${key.name}, and the log of this genesis is ${originOf(ledgerId)}.`)
  if (key.type !== 'ed25519') throw new InvalidLogKeyError('the key is one of a witness.')
  const signer = await recoverTypedData(logKeyTypedData(ledgerId, document), fromHex(document.signature))
  if (signer !== genesis.operator)
    throw new InvalidLogKeyError(`it is signed by ${signer ?? 'nobody'}, and not by the operator ${genesis.operator}.`)
  return { key, ledger: toHex(ledgerId), operator: genesis.operator, sequence, fromSize: BigInt(fromSize) }
}

function readKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text)
  } catch (cause) {
    throw new InvalidLogKeyError(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/**
 * Whether two documents that hold contradict each other: an operator gives one sequence number to one key, and later ones
 * begin no earlier. Each side keeps both as evidence; anybody verifies them.
 */
export function contradicts(one: VerifiedLogKey, other: VerifiedLogKey): boolean {
  if (one.ledger !== other.ledger) return false
  if (one.sequence === other.sequence) return !isSameKey(one.key, other.key) || one.fromSize !== other.fromSize
  const [earlier, later] = one.sequence < other.sequence ? [one, other] : [other, one]
  return later.fromSize < earlier.fromSize
}

export function isSameKey(one: VerifierKey, other: VerifierKey): boolean {
  return one.name === other.name && one.type === other.type && toHex(one.publicKey) === toHex(other.publicKey)
}
