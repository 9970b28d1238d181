import { type Hex, zeroHash } from 'viem'
import type { Address, Hash32 } from '../../schemas/ids.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import type { DistributorAt, EpochContent, EpochRecord } from '../chain/distributor.ts'
import { readEpoch } from '../chain/distributor.ts'
import { epochContentOf, findContentDifference } from '../chain/epoch-content.ts'
import { epochRecordHash } from '../chain/epoch-record-hash.ts'
import { ledgerIdOf } from '../ledger-id.ts'
import type { WatchDifference } from './alarm.ts'
import type { RecomputedEpoch } from './recomputer.ts'

/** Check of a difference between a bundle and the pins. */
export const LEDGER_CHECK = 'ledger'

/** Which ledger and which contract are meant; never taken from a bundle. */
export interface WatchPins {
  readonly ledger: Hash32
  readonly distributor: Address
}

/** A record on chain, held to what was recomputed. */
export type HeldRecord =
  | { readonly agrees: true; readonly recordHash: Hex }
  | { readonly agrees: false; readonly difference: WatchDifference }

/**
 * The chain of record hashes, as far as it was recomputed. Each hash is made here, from the content that was recomputed and the
 * hash before; what the contract says is only compared with it.
 */
export class RecordChain {
  readonly #at: DistributorAt
  readonly #pins: WatchPins
  #last: { epoch: number; recordHash: Hex } = { epoch: 0, recordHash: zeroHash }

  constructor(at: DistributorAt, pins: WatchPins) {
    this.#at = at
    this.#pins = pins
  }

  /** The newest finalized epoch that was held to its recomputation. */
  get lastEpoch(): number {
    return this.#last.epoch
  }

  /** Forgets everything: the chain went back. */
  reset(): void {
    this.#last = { epoch: 0, recordHash: zeroHash }
  }

  /** Holds the record of the epoch after the last one to its recomputation. */
  hold(record: EpochRecord, recomputed: RecomputedEpoch): HeldRecord {
    const epoch = this.#last.epoch + 1
    const pin = this.#pinDifference(recomputed)
    if (pin !== undefined) return { agrees: false, difference: { epoch, check: LEDGER_CHECK, ...pin } }
    // The uri is a hint that nobody recomputes; it is taken over so that the hash covers it.
    const content = epochContentOf(recomputed.manifest, record.content.uri)
    const differing = findContentDifference(record.content, content)
    if (differing !== undefined) {
      const { field, onChain, given } = differing
      return { agrees: false, difference: chainDifference(epoch, field, given, onChain) }
    }
    return this.#hashAgain(record, content)
  }

  /** Goes on behind a finalized epoch that agrees. */
  async advance(recomputed: RecomputedEpoch): Promise<HeldRecord> {
    const record = await this.#finalRecord()
    // A revoked record pays nobody, and nobody has to recompute it; only its hash goes on.
    const held = record.state === 'revoked' ? this.#hashAgain(record, record.content) : this.hold(record, recomputed)
    if (held.agrees) this.#last = { epoch: this.#last.epoch + 1, recordHash: held.recordHash }
    return held
  }

  async #finalRecord(): Promise<EpochRecord> {
    const epoch = BigInt(this.#last.epoch + 1)
    const record = await readEpoch(this.#at, epoch)
    if (record?.state !== 'finalized' && record?.state !== 'revoked')
      throw new RangeError(
        `Epoch ${epoch} is ${record?.state ?? 'not proposed'} at finality, below the last finalized one.`,
      )
    return record
  }

  #hashAgain(record: EpochRecord, content: EpochContent): HeldRecord {
    const epoch = this.#last.epoch + 1
    const { recordHash: prevHash } = this.#last
    if (record.prevHash !== prevHash)
      return { agrees: false, difference: chainDifference(epoch, 'prevHash', prevHash, record.prevHash) }
    const { chainId } = this.#at.connection.entry
    const recordHash = epochRecordHash({ chainId, distributor: this.#pins.distributor, prevHash }, content)
    if (record.recordHash !== recordHash)
      return { agrees: false, difference: chainDifference(epoch, 'recordHash', recordHash, record.recordHash) }
    return { agrees: true, recordHash }
  }

  #pinDifference({ genesis }: RecomputedEpoch): Pick<WatchDifference, 'where' | 'expected' | 'found'> | undefined {
    const { ledger, distributor } = this.#pins
    const { chainId } = this.#at.connection.entry
    const found = toHex(ledgerIdOf(genesis))
    if (found !== ledger) return { where: 'genesis.json, the ledger (--ledger)', expected: ledger, found }
    if (toAddress(genesis.distributor) !== distributor)
      return { where: 'genesis.json distributor (--distributor)', expected: distributor, found: genesis.distributor }
    if (genesis.chainId !== chainId)
      return { where: 'genesis.json chainId', expected: String(chainId), found: String(genesis.chainId) }
    return undefined
  }
}

function chainDifference(epoch: number, field: string, expected: string, found: string): WatchDifference {
  return { epoch, check: 'chain', where: `record of epoch ${epoch} on chain, ${field}`, expected, found }
}
