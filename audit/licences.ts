import type { EventBodies } from '../schemas/events.ts'
import { toHex } from '../schemas/ids.ts'
import type { AcceptOrder } from './ownership.ts'

/** Of a grant, or of a licence that was bought. */
export type Terms = Omit<EventBodies['LicenceGranted'], 'grant' | 'registrant' | 'signature'>

/** A record of the ledger. */
interface Place {
  readonly epoch: number
  readonly row: number
}

interface Granted {
  readonly terms: Terms
  readonly since: Place
  /** Where it was revoked. */
  ended: Place | undefined
}

/** What is asked of the licences of an asset for one use of it. */
export interface AskedUse extends Place {
  readonly payer: string
  readonly commercial: boolean
  readonly priceList: string
}

/** What is done with a model or an agent, and with a dataset. */
export type UsedAs = 'infer' | 'retrieve'

const ANYONE = '0x0000000000000000000000000000000000000000'

/** Licences as docs/formats.md#licences has them: all that were ever granted or bought, and where each was revoked. */
export class Licences {
  readonly #all = new Map<string, Granted>()
  /** By licensee, then by asset. */
  readonly #by = new Map<string, Map<string, Granted[]>>()

  /** The terms of a grant, and whether they were revoked; undefined when there is none. */
  of(grant: string): { readonly asset: string; readonly isRevoked: boolean } | undefined {
    const granted = this.#all.get(grant)
    return granted && { asset: granted.terms.asset, isRevoked: granted.ended !== undefined }
  }

  grant(terms: EventBodies['LicenceGranted'], since: Place): void {
    this.#all.set(terms.grant, this.buy(terms, since))
  }

  /** What was bought has no name by which it could be revoked. */
  buy(terms: Terms, since: Place): Granted {
    const granted: Granted = { terms, since, ended: undefined }
    const licensee = toHex(terms.licensee)
    const own = this.#by.get(licensee) ?? new Map<string, Granted[]>()
    this.#by.set(licensee, own)
    const grants = own.get(terms.asset) ?? []
    own.set(terms.asset, grants)
    grants.push(granted)
    return granted
  }

  revoke(grant: string, ended: Place): void {
    this.#all.get(grant)!.ended = ended
  }

  /** As of the last record that was decided: whether the account may derive an asset from this one, for these parts. */
  letDerive(asset: string, account: string, parts: number, atMs: bigint): boolean {
    return this.#grants(asset, account).some(
      ({ terms, ended }) =>
        ended === undefined && terms.royaltyParts === parts && terms.uses.includes('train') && isAt(terms, atMs),
    )
  }

  /** Whether some licence covers the use of the asset where it was recorded. */
  cover(asset: string, usedAs: UsedAs, use: AskedUse, atMs: bigint, order: AcceptOrder): boolean {
    return this.#grants(asset, use.payer).some(({ terms, since, ended }) => {
      if (!permits(terms, usedAs, use) || !isAt(terms, atMs)) return false
      return comesFirst(since, use, order) && (ended === undefined || comesFirst(use, ended, order))
    })
  }

  /** To the account, and to anyone. */
  #grants(asset: string, account: string): Granted[] {
    return [ANYONE, account].flatMap((licensee) => this.#by.get(licensee)?.get(asset) ?? [])
  }
}

/** Whether a grant, made after the use, releases it. */
export function reachesBack(terms: Terms, since: Place, usedAs: UsedAs, use: AskedUse, order: AcceptOrder): boolean {
  const isReached = terms.coversFromEpoch > 0 && terms.coversFromEpoch <= use.epoch
  return isReached && permits(terms, usedAs, use) && comesFirst(use, since, order)
}

function permits(terms: Terms, usedAs: UsedAs, { payer, commercial, priceList }: AskedUse): boolean {
  const isPermitted = terms.uses.includes(usedAs) && !(commercial && !terms.uses.includes('commercial'))
  return isPermitted && isFor(terms, payer) && (terms.priceList === '' || terms.priceList === priceList)
}

function isFor(terms: Terms, account: string): boolean {
  const licensee = toHex(terms.licensee)
  return licensee === ANYONE || licensee === account
}

function isAt({ fromMs, untilMs }: Terms, atMs: bigint): boolean {
  return !(atMs < fromMs) && (untilMs === 0n || atMs < untilMs)
}

/** Rows of an epoch that is over stand before all of this one. */
function comesFirst(a: Place, b: Place, order: AcceptOrder): boolean {
  return a.epoch === b.epoch ? order.compareRows(a.row, b.row) < 0 : a.epoch < b.epoch
}
