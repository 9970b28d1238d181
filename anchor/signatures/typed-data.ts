import type { ContributionBatch, ContributionWithdrawn, EventBodies, VoucherPresented } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import { type CanonicalJson, canonicalJson } from '../canonical-json.ts'
import { sha256 } from '../hash.ts'
import { leafHash } from '../log/leaf-hash.ts'
import { rootHash } from '../log/root-hash.ts'

export type RegistryEventType =
  | 'SchemaRegistered'
  | 'SourceRegistered'
  | 'AssetRegistered'
  | 'AssetTransferred'
  | 'OfferPublished'
  | 'OfferWithdrawn'
  | 'OfferAccepted'
  | 'PolicyPublished'
  | 'FeatureMapPublished'
  | 'TextMapPublished'
  | 'PriceListPublished'
  | 'LicenceGranted'
  | 'LicenceRevoked'
  | 'AdjustmentOrdered'
  | 'ModelRetired'
  | 'ErasureOrdered'

export interface EventIdentity {
  readonly source: string
  readonly id: string
}

type Unsigned<Body> = Omit<Body, 'signature'>

/** EIP-712 domain of a ledger (docs/formats.md#signatures): a signature for one ledger is worth nothing in another. */
export function ledgerDomain(ledgerId: Uint8Array) {
  return { name: 'Tallystick', version: '1', salt: toHex(ledgerId) } as const
}

/** EIP-712 typed data that the contributing account signs: one signature for all items of the batch. */
export function batchTypedData(ledgerId: Uint8Array, event: EventIdentity, batch: Unsigned<ContributionBatch>) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      ContributionBatch: [
        { name: 'source', type: 'string' },
        { name: 'id', type: 'string' },
        { name: 'account', type: 'address' },
        { name: 'dataset', type: 'string' },
        { name: 'licence', type: 'string' },
        { name: 'count', type: 'uint32' },
        { name: 'contentRoot', type: 'bytes32' },
        { name: 'labelsRoot', type: 'bytes32' },
        { name: 'commitmentSalt', type: 'bytes' },
      ],
    },
    primaryType: 'ContributionBatch',
    message: {
      source: event.source,
      id: event.id,
      account: toHex(batch.account),
      dataset: batch.dataset,
      licence: batch.licence,
      count: batch.items.length,
      contentRoot: toHex(rootHash(batch.items.map((item) => leafHash(item.contentHash)))),
      labelsRoot: toHex(rootHash(batch.items.map((item) => leafHash(item.labelHash)))),
      commitmentSalt: toHex(batch.commitmentSalt),
    },
  } as const
}

/** EIP-712 typed data that the contributing account signs to take items back. */
export function withdrawalTypedData(
  ledgerId: Uint8Array,
  event: EventIdentity,
  withdrawal: Unsigned<ContributionWithdrawn>,
) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      ContributionWithdrawn: [
        { name: 'source', type: 'string' },
        { name: 'id', type: 'string' },
        { name: 'account', type: 'address' },
        { name: 'batchSource', type: 'string' },
        { name: 'batchId', type: 'string' },
        { name: 'indexes', type: 'uint32[]' },
      ],
    },
    primaryType: 'ContributionWithdrawn',
    message: {
      source: event.source,
      id: event.id,
      account: toHex(withdrawal.account),
      batchSource: withdrawal.batchSource,
      batchId: withdrawal.batchId,
      indexes: withdrawal.indexes,
    },
  } as const
}

/**
 * EIP-712 typed data of a voucher. It is the payer's instrument, so it binds neither source nor id: whoever may send vouchers may
 * present it, and of one sequence only one is accepted.
 */
export function voucherTypedData(ledgerId: Uint8Array, voucher: Unsigned<VoucherPresented>) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      Voucher: [
        { name: 'payer', type: 'address' },
        { name: 'model', type: 'string' },
        { name: 'token', type: 'address' },
        { name: 'cumulative', type: 'uint256' },
        { name: 'sequence', type: 'uint64' },
      ],
    },
    primaryType: 'Voucher',
    message: {
      payer: toHex(voucher.payer),
      model: voucher.model,
      token: toHex(voucher.token),
      cumulative: voucher.cumulative,
      sequence: voucher.sequence,
    },
  } as const
}

/** EIP-712 typed data for a registry event: binds every field of its body through the hash of its canonical JSON. */
export function registryTypedData<Type extends RegistryEventType>(
  ledgerId: Uint8Array,
  event: EventIdentity & { readonly type: Type },
  body: Unsigned<EventBodies[Type]>,
) {
  return {
    domain: ledgerDomain(ledgerId),
    types: {
      RegistryEvent: [
        { name: 'source', type: 'string' },
        { name: 'id', type: 'string' },
        { name: 'eventType', type: 'string' },
        { name: 'bodyHash', type: 'bytes32' },
      ],
    },
    primaryType: 'RegistryEvent',
    message: {
      source: event.source,
      id: event.id,
      eventType: event.type,
      bodyHash: toHex(sha256(canonicalJson(toJson({ ...body, signature: undefined })))),
    },
  } as const
}

function toJson(value: unknown): CanonicalJson {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    return Object.fromEntries(fields.map(([name, field]) => [name, toJson(field)]))
  }
  return typeof value === 'bigint' ? value.toString() : (value as CanonicalJson)
}
