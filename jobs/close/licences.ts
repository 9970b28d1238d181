import type { Database, Row } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'

const licencesSql = readSql(new URL('./licences.sql', import.meta.url))

/** A licence to whoever asks for none in particular. */
const ANYONE = `0x${'00'.repeat(20)}`

/** A place in accept order. */
interface Place {
  readonly epoch: number
  readonly ordinal: bigint
}

/** A place in accept order with its effective time. */
export interface Moment extends Place {
  readonly effectiveMs: bigint
}

export interface Licence {
  readonly asset: string
  readonly licensee: string
  readonly uses: ReadonlySet<string>
  readonly fromMs: bigint
  readonly untilMs: bigint
  /** Empty: any, or none. */
  readonly priceList: string
  readonly royaltyParts: number
  readonly grantedAt: Place
  readonly revokedAt: Place | undefined
}

/** A use as far as licences are concerned. */
export interface LicensedUse {
  readonly payer: string
  readonly commercial: boolean
  readonly priceList: string
  /** Of a model or an agent `infer`, of a dataset `retrieve`. */
  readonly as: 'infer' | 'retrieve'
}

/**
 * All licences that were ever granted, or bought. They are few, and each is asked at a place: it counts from its own to where it
 * was revoked, which those that were bought never are.
 */
export class Licences {
  readonly #licences = new Map<string, Licence>()
  /** By asset and licensee: an asset may have very many licensees, and each use asks for one of them. */
  readonly #grantsOf = new Map<string, string[]>()
  readonly #boughtOf = new Map<string, Licence[]>()

  /** Those bought in an epoch are there once it is attributed. */
  static async load(warehouse: Database): Promise<Licences> {
    const licences = new Licences()
    for (const row of await warehouse.all(licencesSql)) {
      if (row.grant_id === null) licences.buy(toLicence(row))
      else licences.#set(row.grant_id as string, toLicence(row))
    }
    return licences
  }

  grant(body: EventBodies['LicenceGranted'], grantedAt: Place): void {
    const { grant, asset, uses, fromMs, untilMs, priceList, royaltyParts } = body
    const terms = { fromMs, untilMs, priceList, royaltyParts, uses: new Set(uses) }
    this.#set(grant, { asset, licensee: toHex(body.licensee), ...terms, grantedAt, revokedAt: undefined })
  }

  /** It has no name that a revocation could give: what was paid for is not taken back. */
  buy(licence: Omit<Licence, 'revokedAt'>): void {
    const key = keyOf(licence.asset, licence.licensee)
    const bought = this.#boughtOf.get(key) ?? []
    this.#boughtOf.set(key, bought)
    bought.push({ ...licence, revokedAt: undefined })
  }

  /** Of one that was granted. */
  revoke(grant: string, revokedAt: Place): void {
    this.#licences.set(grant, { ...this.#licences.get(grant)!, revokedAt })
  }

  find(grant: string): Licence | undefined {
    return this.#licences.get(grant)
  }

  /** Whether a licence in force at `moment` lets the payer use the asset like this. */
  covers(asset: string, { payer, commercial, priceList, as }: LicensedUse, moment: Moment): boolean {
    return this.#inForce(asset, payer, moment).some(
      ({ uses, priceList: list }) =>
        uses.has(as) && (!commercial || uses.has('commercial')) && (list === '' || list === priceList),
    )
  }

  /** Whether a licence in force at `moment` lets the registrant derive an asset from the parent for this royalty. */
  allowsDerivation(
    parent: string,
    { registrant, parts }: { readonly registrant: string; readonly parts: number },
    moment: Moment,
  ): boolean {
    return this.#inForce(parent, registrant, moment).some(
      ({ uses, royaltyParts }) => uses.has('train') && royaltyParts === parts,
    )
  }

  #inForce(asset: string, account: string, moment: Moment): Licence[] {
    const granted = [account, ANYONE]
      .flatMap((licensee) => this.#grantsOf.get(keyOf(asset, licensee)) ?? [])
      .map((grant) => this.#licences.get(grant)!)
    return [...granted, ...(this.#boughtOf.get(keyOf(asset, account)) ?? [])].filter(
      ({ fromMs, untilMs, grantedAt, revokedAt }) =>
        isBefore(grantedAt, moment) &&
        (revokedAt === undefined || isBefore(moment, revokedAt)) &&
        fromMs <= moment.effectiveMs &&
        (untilMs === 0n || moment.effectiveMs < untilMs),
    )
  }

  #set(grant: string, licence: Licence): void {
    this.#licences.set(grant, licence)
    const key = keyOf(licence.asset, licence.licensee)
    const grants = this.#grantsOf.get(key)
    if (grants === undefined) this.#grantsOf.set(key, [grant])
    else grants.push(grant)
  }
}

/** The licensee first, because its length is fixed. */
function keyOf(asset: string, licensee: string): string {
  return licensee + asset
}

function isBefore(a: Place, b: Place): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.ordinal < b.ordinal)
}

function toLicence(row: Row): Licence {
  return {
    asset: row.asset as string,
    licensee: row.licensee as string,
    uses: new Set((row.uses as unknown as { items: string[] }).items),
    fromMs: row.from_ms as bigint,
    untilMs: row.until_ms as bigint,
    priceList: row.price_list as string,
    royaltyParts: row.royalty_parts as number,
    grantedAt: { epoch: row.epoch as number, ordinal: row.ordinal as bigint },
    revokedAt:
      row.revoked_epoch === null
        ? undefined
        : { epoch: row.revoked_epoch as number, ordinal: row.revoked_ordinal as bigint },
  }
}
