import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'

type Parts = ReadonlyMap<string, number>

/** Accept order of two rows of an epoch's records: below 0 when the first one comes first. */
export interface AcceptOrder {
  compareRows(a: number, b: number): number
  effectiveMs(row: number): bigint
}

interface Transfer {
  readonly row: number
  readonly from: string
  readonly to: string
  readonly parts: number
}

interface OwnedAsset {
  /** Account → millionths, when the epoch began. */
  first: Parts
  /** Of this epoch, in accept order. */
  transfers: Transfer[]
  /** A version that was worked out, so that a later one need not begin anew. */
  known: { readonly version: number; readonly parts: Parts }
}

/**
 * Who owns what: the cap table of each registration, moved on by every transfer and sale at its place. Versions of an asset count
 * those of the epoch, so each fee of the epoch falls into one.
 */
export class Ownership {
  readonly #assets = new Map<string, OwnedAsset>()

  /** Who owned something before the epoch is of no use any more. */
  beginEpoch(): void {
    for (const [asset, { transfers }] of this.#assets)
      if (transfers.length > 0) this.#assets.set(asset, untransferred(this.now(asset)))
  }

  register({ asset, owners }: EventBodies['AssetRegistered']): void {
    this.#assets.set(asset, untransferred(new Map(owners.map(({ account, parts }) => [toHex(account), parts]))))
  }

  /** Called in accept order, with what was found to be owned. */
  transfer(row: number, { asset, from, to, parts }: EventBodies['AssetTransferred']): void {
    this.#assets.get(asset)!.transfers.push({ row, from: toHex(from), to: toHex(to), parts })
  }

  /** A sale, which is settled when the transfers of its epoch are known: it gets its place among them. */
  sell(asset: string, sale: Transfer, order: AcceptOrder): void {
    const owned = this.#assets.get(asset)!
    owned.transfers.splice(this.versionAt(asset, sale.row, order), 0, sale)
    owned.known = { version: 0, parts: owned.first }
  }

  /** As of the last record that was decided. */
  now(asset: string): Parts {
    return this.in(asset, this.#assets.get(asset)!.transfers.length)
  }

  /** Whether there are several versions in this epoch. */
  hasMoved(asset: string): boolean {
    return this.#assets.get(asset)!.transfers.length > 0
  }

  /** The version in which the record of a row of the epoch finds the asset. */
  versionAt(asset: string, row: number, order: AcceptOrder): number {
    const { transfers } = this.#assets.get(asset)!
    let [from, to] = [0, transfers.length]
    while (from < to) {
      const middle = Math.floor((from + to) / 2)
      if (order.compareRows(transfers[middle]!.row, row) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  /** Account → millionths, in no order. */
  in(asset: string, version: number): Parts {
    const owned = this.#assets.get(asset)!
    const start = owned.known.version <= version ? owned.known : { version: 0, parts: owned.first }
    if (start.version === version) return start.parts
    const parts = new Map(start.parts)
    for (const transfer of owned.transfers.slice(start.version, version)) {
      parts.set(transfer.from, parts.get(transfer.from)! - transfer.parts)
      if (parts.get(transfer.from) === 0) parts.delete(transfer.from)
      parts.set(transfer.to, (parts.get(transfer.to) ?? 0) + transfer.parts)
    }
    owned.known = { version, parts }
    return parts
  }
}

function untransferred(first: Parts): OwnedAsset {
  return { first, transfers: [], known: { version: 0, parts: first } }
}
