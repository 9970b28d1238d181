import { randomUUID } from 'node:crypto'
import { signEvent, signingDigest, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import { encodeEvent, type OutgoingRecord } from '../../schemas/encode-record.ts'
import type { DisputeClaim } from '../../schemas/events.ts'
import { type Address, fromHex, toAddress } from '../../schemas/ids.ts'
import { DISPUTE_ITEMS_MAX, DISPUTE_REASON_CHARACTERS_MAX, MILLIONTHS } from '../../schemas/limits.ts'

const SIGNATURE_BYTES = 65

/** A settlement line, as statements, receipts and lines.parquet name it. */
export interface SettlementLineName {
  readonly epoch: number
  /** Whom it pays. */
  readonly account: string
  readonly token: string
  readonly kind: string
  readonly asset: string
}

interface Envelope {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** The registered source that sends it. */
  readonly source: string
  /** Keep it when you send the record again. Default: a random UUID. */
  readonly id?: string
  readonly now?: Date
}

/** Who disputes: with a key, or as a contract, which answers for the digest later (`tally signature check`). */
type Opener = { readonly signer: TypedDataSigner } | { readonly contract: string }

/** The source needs the permission for DisputeOpened. */
export type DisputeOptions = Opener & DisputeTerms

interface DisputeTerms extends Envelope {
  /** A name of its own. Default: a random UUID. */
  readonly dispute?: string
  readonly line: SettlementLineName
  readonly claim: DisputeClaim
  /** `ce_source` and `ce_id` of batches, and places in them: what a claim of features or duplicates is about. */
  readonly items?: readonly {
    readonly batch: { readonly source: string; readonly id: string }
    readonly index: number
  }[]
  /** SHA-256 of a document that says more. Default: none. */
  readonly evidence?: Uint8Array
  /** Exactly what the policy of the line's epoch asks, in the token's smallest unit; 0 on a line of one's own. */
  readonly bond: bigint
}

export interface OpenedDispute {
  readonly dispute: string
  readonly id: string
  readonly record: OutgoingRecord
  /** EIP-712 digest of what was signed, 0x-hex. */
  readonly digest: string
}

/**
 * Says that a settlement line of an earlier epoch is wrong. On one's own line it costs nothing; on another's the bond is taken from
 * what the signer has deposited, and the line's amount is held of what its account earns until the operator decides, or the time of
 * the policy is over. Who is wrong loses the bond to the account.
 *
 * @throws RangeError when no item is named where the claim needs one, or there are too many
 */
export async function openDispute(options: DisputeOptions): Promise<OpenedDispute> {
  const { ledgerId, source, line, claim, bond } = options
  const items = (options.items ?? []).map(({ batch, index }) => ({
    batchSource: batch.source,
    batchId: batch.id,
    index,
  }))
  if (items.length === 0 && (claim === 'features' || claim === 'duplicate'))
    throw new RangeError(`A claim of ${claim} is about contributions: name at least one.`)
  if (items.length > DISPUTE_ITEMS_MAX) throw new RangeError(`A dispute is about at most ${DISPUTE_ITEMS_MAX} items.`)
  const { dispute = randomUUID(), id = randomUUID() } = options
  const body = {
    ...{ dispute, opener: fromHex(openerOf(options)), epoch: line.epoch },
    ...{ account: fromHex(toAddress(line.account)), token: fromHex(toAddress(line.token)) },
    ...{ kind: line.kind, asset: line.asset, claim, items, evidence: options.evidence ?? new Uint8Array(32), bond },
  }
  const unsigned = { type: 'DisputeOpened' as const, source, id, body }
  const event =
    'signer' in options
      ? await signEvent(ledgerId, options.signer, unsigned)
      : { ...unsigned, body: { ...body, signature: new Uint8Array(SIGNATURE_BYTES) } }
  const record = encodeEvent(event, (options.now ?? new Date()).toISOString())
  return { dispute, id, record, digest: signingDigest(ledgerId, event) }
}

function openerOf(options: DisputeOptions): Address {
  return toAddress('signer' in options ? options.signer.address : options.contract)
}

/** The operator signs, and needs no registered source. */
export interface DecisionOptions extends Envelope {
  readonly signer: TypedDataSigner
  readonly dispute: string
  readonly upheld: boolean
  /** Of what is held, for the opener, millionths; the rest goes to nobody. Only when upheld. Default: 0. */
  readonly awardParts?: number
  /** For people; at most 256 characters. */
  readonly reason: string
}

/**
 * Decides a dispute.
 *
 * @throws RangeError on an award outside 0 to 1,000,000, one of what is not upheld, or a reason that is too long
 */
export async function decideDispute(options: DecisionOptions): Promise<{ id: string; record: OutgoingRecord }> {
  const { ledgerId, signer, source, dispute, upheld, awardParts = 0, reason } = options
  const most = upheld ? MILLIONTHS : 0
  if (!Number.isInteger(awardParts) || awardParts < 0 || awardParts > most)
    throw new RangeError(`An award is a whole number of millionths from 0 to ${most}, not ${awardParts}.`)
  if (reason.length > DISPUTE_REASON_CHARACTERS_MAX)
    throw new RangeError(`A reason has at most ${DISPUTE_REASON_CHARACTERS_MAX} characters.`)
  const id = options.id ?? randomUUID()
  const body = { dispute, upheld, awardParts, reason }
  const event = await signEvent(ledgerId, signer, { type: 'DisputeResolved', source, id, body })
  return { id, record: encodeEvent(event, (options.now ?? new Date()).toISOString()) }
}
