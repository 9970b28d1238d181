import type { EventBodies } from '../../../schemas/events.ts'
import { toHex } from '../../../schemas/ids.ts'

/** A record that close accepted, with its place in accept order over all epochs: its index in the one array of all of them. */
export type Accepted = {
  [Type in keyof EventBodies]: {
    readonly type: Type
    readonly body: EventBodies[Type]
    readonly source: string
    readonly id: string
    readonly epoch: number
    readonly atMs: bigint
    readonly place: number
  }
}[keyof EventBodies]

export type AcceptedOf<Type extends keyof EventBodies> = Extract<Accepted, { readonly type: Type }>
export type Use = AcceptedOf<'InferenceRecorded'>

const ZERO = `0x${'00'.repeat(20)}`

/** Who owned what when, and who was allowed what: every question walks through all that ever happened. */
export class Rights {
  readonly #all: readonly Accepted[]
  /** Acceptances that were settled: places. */
  readonly #settled: ReadonlySet<number>

  constructor(all: readonly Accepted[], settled: ReadonlySet<number>) {
    this.#all = all
    this.#settled = settled
  }

  of<Type extends keyof EventBodies>(type: Type): AcceptedOf<Type>[] {
    return this.#all.filter((each): each is AcceptedOf<Type> => each.type === type)
  }

  asset(name: string): EventBodies['AssetRegistered'] {
    return this.of('AssetRegistered').find(({ body }) => body.asset === name)!.body
  }

  offer(name: string): EventBodies['OfferPublished'] {
    return this.of('OfferPublished').find(({ body }) => body.offer === name)!.body
  }

  /** Transfers and settled sales of an asset before a place. */
  #changes(asset: string, place: number): { from: string; to: string; parts: number }[] {
    return this.#all.slice(0, place).flatMap((each) => {
      if (each.type === 'AssetTransferred' && each.body.asset === asset)
        return [{ from: toHex(each.body.from), to: toHex(each.body.to), parts: each.body.parts }]
      if (each.type !== 'OfferAccepted' || !this.#settled.has(each.place)) return []
      const offer = this.offer(each.body.offer)
      if (offer.asset !== asset) return []
      return [{ from: toHex(offer.seller), to: toHex(each.body.buyer), parts: offer.parts }]
    })
  }

  /** How often an asset had changed hands before a place. */
  version(asset: string, place: number): number {
    return this.#changes(asset, place).length
  }

  /** Account and millionths, ascending by account. */
  owners(asset: string, place: number): [string, bigint][] {
    const table = new Map(this.asset(asset).owners.map(({ account, parts }) => [toHex(account) as string, parts]))
    for (const { from, to, parts } of this.#changes(asset, place)) {
      table.set(from, table.get(from)! - parts)
      table.set(to, (table.get(to) ?? 0) + parts)
    }
    return [...table]
      .filter(([, parts]) => parts > 0)
      .map(([account, parts]): [string, bigint] => [account, BigInt(parts)])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Licensed assets of a use that no grant covers at its place. */
  uncovered(use: Use): string[] {
    return [use.body.model, use.body.agent]
      .filter((asset) => asset !== '' && this.asset(asset).access === 'licensed')
      .filter((asset) => !this.#grants(asset, use).some((grant) => this.#isInForce(grant, use)))
  }

  /** Whether grants up to a place reach back to all that was not covered. */
  isReleasedAt(use: Use, place: number): boolean {
    return this.uncovered(use).every((asset) =>
      this.#grants(asset, use).some(
        ({ place: at, body: { coversFromEpoch } }) =>
          at > use.place && at <= place && coversFromEpoch > 0 && coversFromEpoch <= use.epoch,
      ),
    )
  }

  /** Of an asset, for what is done in the use, whenever. */
  #grants(asset: string, { body: use }: Use): AcceptedOf<'LicenceGranted'>[] {
    return this.of('LicenceGranted').filter(
      ({ body }) =>
        body.asset === asset &&
        body.uses.includes('infer') &&
        (!use.commercial || body.uses.includes('commercial')) &&
        (body.priceList === '' || body.priceList === use.priceList) &&
        [ZERO, toHex(use.payer)].includes(toHex(body.licensee)),
    )
  }

  #isInForce({ place, body: { grant, fromMs, untilMs } }: AcceptedOf<'LicenceGranted'>, use: Use): boolean {
    const revoked = this.of('LicenceRevoked').find(({ body }) => body.grant === grant)
    return (
      place < use.place &&
      use.place < (revoked?.place ?? Number.POSITIVE_INFINITY) &&
      use.atMs >= fromMs &&
      (untilMs === 0n || use.atMs < untilMs)
    )
  }
}
